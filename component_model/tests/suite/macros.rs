//! How a member becomes tests.

/// Declares the files of the members and the rows of the matrix. A line for each member.
macro_rules! members {
    ($($(#[$attribute:meta])* $name:ident;)*) => {
        mod members {
            $($(#[$attribute])* pub(crate) mod $name;)*
        }

        /// What each member says of itself.
        const ROWS: &[$crate::matrix::Row] = &[$($(#[$attribute])* members::$name::ROW,)*];
    };
}

/// Makes a test of every case that a member passes, and its row of the matrix.
///
/// `passes` lists the cases, `lacks` those that the source cannot have, each with the reason. The matrix fails when a
/// case is in neither.
macro_rules! suite {
    ($member:ty, $name:literal, passes [$($case:ident),* $(,)?], lacks { $($missing:ident: $reason:literal),* $(,)? }) => {
        $(
            #[tokio::test]
            async fn $case() {
                $crate::cases::$case::<$member>().await;
            }
        )*

        pub(crate) const ROW: $crate::matrix::Row = $crate::matrix::Row {
            name: $name,
            passes: &[$(stringify!($case)),*],
            lacks: &[$((stringify!($missing), $reason)),*],
        };
    };
}

//! Types that are known by their names, so that the compiler does not have to be asked whether they are the same.

use syn::Ident;

/// Types of the language and of the standard library: an alias is not named like one of them.
const WELL_KNOWN: [&str; 5] = [
    "bool char str u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 String OsString PathBuf",
    "Option Box Rc Arc Cow Vec VecDeque HashMap HashSet BTreeMap BTreeSet PhantomData",
    "Duration Instant SystemTime IpAddr Ipv4Addr Ipv6Addr SocketAddr SocketAddrV4 SocketAddrV6",
    "NonZero NonZeroU8 NonZeroU16 NonZeroU32 NonZeroU64 NonZeroUsize",
    "NonZeroI8 NonZeroI16 NonZeroI32 NonZeroI64 NonZeroIsize",
];

pub(super) fn is_well_known(name: &Ident) -> bool {
    WELL_KNOWN.iter().flat_map(|names| names.split(' ')).any(|known| name == known)
}

//! Conversions that parse text.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6},
    num::{
        NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize, NonZeroU8, NonZeroU16, NonZeroU32,
        NonZeroU64, NonZeroU128, NonZeroUsize,
    },
    time::Duration,
};

use super::{ByParse, Reason, TryIntoValue};
use crate::duration;

/// The types are listed, because one that is also `From<&str>` would have two conversions.
macro_rules! parse {
    ($($read:expr => $($ty:ty),+;)*) => { $($(
        impl TryIntoValue<$ty, ByParse> for &str {
            fn try_into_value(self) -> Result<$ty, Reason> {
                $read(self).map_err(Reason::new)
            }
        }

        impl TryIntoValue<$ty, ByParse> for String {
            fn try_into_value(self) -> Result<$ty, Reason> {
                self.as_str().try_into_value()
            }
        }
    )+)* };
}

parse! {
    str::parse => u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64, bool, char;
    str::parse => NonZeroU8, NonZeroU16, NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize;
    str::parse => NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize;
    str::parse => IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6;
    duration::parse => Duration;
}

/// An address and a port; host names are not resolved.
impl TryIntoValue<SocketAddr, ByParse> for (&str, u16) {
    fn try_into_value(self) -> Result<SocketAddr, Reason> {
        let (address, port) = self;
        address.parse::<IpAddr>().map(|address| SocketAddr::new(address, port)).map_err(Reason::new)
    }
}

//! Where requests may go: the configured host, over TLS, and never an address inside our own
//! network.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use payrun_domain::host::is_loopback;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// False for an address inside our own network; a name is judged when it is resolved.
pub(crate) fn may_be_base(host: &str) -> bool {
    is_loopback(host) || address(host).is_none_or(is_public)
}

/// The address that a URL's host is, if it is one.
fn address(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Resolves as the system does, and drops addresses that no provider has: a name that suddenly
/// points inside is an attack or an error.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(Box::new(allowed(name.as_str(), found)?.into_iter()) as Addrs)
        })
    }
}

fn allowed(host: &str, found: impl Iterator<Item = SocketAddr>) -> io::Result<Vec<SocketAddr>> {
    let loopback = is_loopback(host);
    let allowed: Vec<SocketAddr> = found.filter(|address| loopback || is_public(address.ip())).collect();
    if allowed.is_empty() {
        return Err(io::Error::other(format!("{host} has no public address")));
    }
    Ok(allowed)
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => embedded(address).map_or_else(|| is_public_v6(address), is_public_v4),
    }
}

/// The IPv4 address that an IPv6 one stands for: mapped, or translated by the network (RFC 6052).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            Some(Ipv4Addr::new(a, b, c, d))
        }
        _ => address.to_ipv4_mapped(),
    }
}

const fn is_public_v6(address: Ipv6Addr) -> bool {
    let local = address.is_unique_local() || address.is_unicast_link_local();
    !(address.is_loopback() || address.is_unspecified() || address.is_multicast() || local)
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    // Carrier-grade NAT, protocol assignments, benchmarks; 0 is this network, 240 and above are
    // reserved.
    let special = matches!(
        address.octets(),
        [0 | 240.., ..] | [100, 64..=127, ..] | [192, 0, 0, _] | [198, 18 | 19, ..]
    );
    !(special
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_inside_are_refused() {
        for inside in [
            "127.0.0.1",
            "10.0.0.1",
            "172.16.3.4",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "::1",
            "fe80::1",
            "fd00::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "198.18.0.1",
            "255.255.255.255",
        ] {
            assert!(!is_public(inside.parse().unwrap()), "{inside}");
        }
        for outside in ["8.8.8.8", "100.128.0.1", "2001:4860:4860::8888", "64:ff9b::808:808"] {
            assert!(is_public(outside.parse().unwrap()), "{outside}");
        }
    }

    #[test]
    fn a_name_that_points_inside_is_not_followed() {
        let [inside, outside] = ["169.254.169.254:0", "8.8.8.8:0"].map(|text| text.parse().unwrap());
        assert_eq!(allowed("api.example.test", [inside, outside].into_iter()).unwrap(), [outside]);
        assert!(allowed("api.example.test", [inside].into_iter()).is_err());
        let here: SocketAddr = "127.0.0.1:0".parse().unwrap();
        assert!(allowed("api.example.test", [here].into_iter()).is_err());
        assert_eq!(allowed("localhost", [here].into_iter()).unwrap(), [here]);
    }
}

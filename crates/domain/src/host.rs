//! Which hosts are this machine: they alone may be spoken to without TLS.

use std::net::IpAddr;

/// True for names and addresses of this machine, also in a URL's brackets.
pub fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_recognised_by_name_and_address() {
        assert!(
            ["localhost", "LocalHost", "127.0.0.1", "127.1.2.3", "[::1]", "::1"].into_iter().all(is_loopback)
        );
        for other in ["localhost.example", "127.0.0.1.example", "example", "10.0.0.1", "0.0.0.0", "[::]", ""]
        {
            assert!(!is_loopback(other), "{other}");
        }
    }
}

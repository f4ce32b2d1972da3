//! What the integration tests share: harness, proxies, waits.

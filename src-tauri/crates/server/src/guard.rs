//! Who may ask: the token, compared in constant time, and only under this server's own name (against pages of other
//! sites that a browser is made to send here, and against DNS rebinding).

use std::net::SocketAddr;

use axum::http::{HeaderMap, Uri, header};

/// Whether a request carries the token.
pub fn has_token(headers: &HeaderMap, uri: &Uri, token: &str) -> bool {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    let in_query =
        || uri.query().into_iter().flat_map(|query| query.split('&')).find_map(|pair| pair.strip_prefix("token="));
    bearer.or_else(in_query).is_some_and(|given| same(given.as_bytes(), token.as_bytes()))
}

/// Compares without telling by its time where the first difference is.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |different, (a, b)| different | (a ^ b)) == 0
}

/// Whether `Host`, and `Origin` where there is one, name this server.
pub fn is_own_host(headers: &HeaderMap, address: SocketAddr) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(host) = text(header::HOST) else { return false };
    let own = if address.ip().is_loopback() {
        let port = address.port();
        [format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("[::1]:{port}")]
            .iter()
            .any(|own| own == host)
    } else {
        // On another interface any name may lead here; the token decides.
        true
    };
    own && text(header::ORIGIN).is_none_or(|origin| origin.split_once("://").is_some_and(|(_, rest)| rest == host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(header::HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn only_the_whole_token_opens() {
        let uri: Uri = "/api/events?token=abc".parse().unwrap();
        let bare: Uri = "/api/call".parse().unwrap();
        assert!(has_token(&HeaderMap::new(), &uri, "abc"));
        assert!(has_token(&headers(&[(header::AUTHORIZATION, "Bearer abc")]), &bare, "abc"));
        for wrong in ["Bearer ab", "Bearer abcd", "Bearer ", "abc"] {
            assert!(!has_token(&headers(&[(header::AUTHORIZATION, wrong)]), &bare, "abc"), "{wrong}");
        }
        assert!(!has_token(&HeaderMap::new(), &bare, "abc"));
    }

    #[test]
    fn other_sites_and_other_names_are_refused() {
        let address: SocketAddr = "127.0.0.1:8000".parse().unwrap();
        let check = |host: &str, origin: Option<&str>| {
            let mut all = headers(&[(header::HOST, host)]);
            if let Some(origin) = origin {
                all.insert(header::ORIGIN, origin.parse().unwrap());
            }
            is_own_host(&all, address)
        };
        assert!(check("127.0.0.1:8000", None) && check("localhost:8000", Some("http://localhost:8000")));
        assert!(!check("evil.example:8000", None));
        assert!(!check("127.0.0.1:8000", Some("http://evil.example")));
        assert!(!is_own_host(&HeaderMap::new(), address));
    }
}

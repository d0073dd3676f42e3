//! HTTPS: TLS 1.3 with hybrid key exchange, couriers by certificate, new certificates without a restart, and HTTP/2 that can't be flooded.

use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, NamedGroup, ProtocolVersion, RootCertStore, StreamOwned};

use scene::{Channel, RELAY, Scene, eventually};

type Tls = StreamOwned<ClientConnection, TcpStream>;

/// An authority of the test's own.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
}

/// A certificate with its key.
struct Identity {
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self { issuer: Issuer::new(params, key), certificate }
    }

    fn sign(&self, name: &str) -> Identity {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        Identity { certificate: params.signed_by(&key, &self.issuer).unwrap().der().clone(), key }
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let text = BASE64_STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line)).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn write(folder: &Path, identity: &Identity) {
    fs::write(folder.join("chain.pem"), pem("CERTIFICATE", &identity.certificate)).unwrap();
    fs::write(folder.join("key.pem"), identity.key.serialize_pem()).unwrap();
}

/// A relay with TLS on both listeners; couriers need a certificate of `couriers`.
fn scene(relays: &Authority, couriers: &Authority) -> Scene {
    let mut scene = Scene::with(Channel::example(), "");
    let folder = scene.path("tls");
    fs::create_dir(&folder).unwrap();
    write(&folder, &relays.sign("localhost"));
    fs::write(folder.join("couriers.pem"), pem("CERTIFICATE", &couriers.certificate)).unwrap();
    let files = "certificate = \"tls/chain.pem\"\nkey = \"tls/key.pem\"\n";
    scene.restart(|config| {
        format!("{config}[intake.tls]\n{files}[courier.tls]\n{files}client_roots = \"tls/couriers.pem\"\n")
    });
    scene
}

fn config(relays: &Authority, identity: Option<&Identity>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(relays.certificate.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    match identity {
        None => builder.with_no_client_auth(),
        Some(Identity { certificate, key }) => {
            let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
            builder.with_client_auth_cert(vec![certificate.clone()], key).unwrap()
        }
    }
}

fn connect(address: std::net::SocketAddr, config: ClientConfig) -> Tls {
    let name = ServerName::try_from("localhost").unwrap();
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), stream)
}

fn ask(tls: &mut Tls, path: &str) -> io::Result<String> {
    let token = softinfo_formats::example_keys::COURIER_TOKEN;
    write!(
        tls,
        "GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n"
    )?;
    let mut said = Vec::new();
    match tls.read_to_end(&mut said) {
        Err(error) if said.is_empty() => Err(error),
        _ => Ok(String::from_utf8_lossy(&said).into_owned()),
    }
}

#[test]
fn writers_get_tls_1_3_with_hybrid_key_exchange_and_no_ticket() {
    let relays = Authority::new();
    let scene = scene(&relays, &Authority::new());
    let mut tls = connect(scene.intake, config(&relays, None));
    assert!(ask(&mut tls, "/directory").unwrap().starts_with("HTTP/1.1 200"));
    let conn = &tls.conn;
    assert_eq!(conn.protocol_version(), Some(ProtocolVersion::TLSv1_3));
    assert_eq!(conn.negotiated_key_exchange_group().map(|group| group.name()), Some(NamedGroup::X25519MLKEM768));
    assert_eq!(conn.tls13_tickets_received(), 0);
    // TLS 1.2 is not spoken.
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(relays.certificate.clone()).unwrap();
    let old = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS12])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    assert!(ask(&mut connect(scene.intake, old), "/directory").is_err());
    // Who speaks no TLS at all gets nothing.
    let mut plain = TcpStream::connect(scene.intake).unwrap();
    plain.write_all(b"GET /directory HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let mut said = Vec::new();
    let _ = plain.read_to_end(&mut said);
    assert!(!said.starts_with(b"HTTP"), "{}", String::from_utf8_lossy(&said));
}

#[test]
fn a_courier_needs_a_certificate_of_the_operators_and_a_token() {
    let (relays, couriers) = (Authority::new(), Authority::new());
    let scene = scene(&relays, &couriers);
    let (good, foreign) = (couriers.sign("courier"), Authority::new().sign("courier"));
    assert!(
        ask(&mut connect(scene.courier, config(&relays, Some(&good))), "/pool").unwrap().starts_with("HTTP/1.1 200")
    );
    assert!(ask(&mut connect(scene.courier, config(&relays, Some(&foreign))), "/pool").is_err());
    assert!(ask(&mut connect(scene.courier, config(&relays, None)), "/pool").is_err());
    let mut without_token = connect(scene.courier, config(&relays, Some(&good)));
    write!(without_token, "GET /pool HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    let mut said = Vec::new();
    without_token.read_to_end(&mut said).unwrap();
    assert!(said.starts_with(b"HTTP/1.1 401"));
}

#[test]
fn new_certificates_are_taken_on_a_signal_and_broken_ones_are_not() {
    let relays = Authority::new();
    let scene = scene(&relays, &Authority::new());
    let serial = |tls: &Tls| tls.conn.peer_certificates().unwrap()[0].to_vec();
    let look = || {
        let mut tls = connect(scene.intake, config(&relays, None));
        ask(&mut tls, "/directory").unwrap();
        serial(&tls)
    };
    let (old, new) = (look(), relays.sign("localhost"));
    // As renewing programs do it: a new file takes the old one's name.
    let folder = scene.path("tls");
    write(&folder, &new);
    fs::rename(folder.join("chain.pem"), folder.join("next.pem")).unwrap();
    fs::rename(folder.join("next.pem"), folder.join("chain.pem")).unwrap();
    assert_eq!(look(), old);
    scene.signal("HUP");
    eventually(|| scene.log().contains("certificates read again"));
    assert_eq!(look(), new.certificate.to_vec());
    fs::write(folder.join("key.pem"), "no key").unwrap();
    scene.signal("HUP");
    eventually(|| scene.log().contains("can't be read again"));
    assert_eq!(look(), new.certificate.to_vec());
}

#[test]
fn certificates_that_cannot_be_used_are_named_before_anything_starts() {
    let (relays, scene) = (Authority::new(), Scene::new());
    let folder = scene.path("tls");
    fs::create_dir(&folder).unwrap();
    write(&folder, &relays.sign("localhost"));
    let base = scene.relay_config("");
    let check = |more: &str, said: &str| {
        fs::write(scene.path("other.toml"), format!("{base}{more}")).unwrap();
        scene.run(RELAY, &["--config", scene.path("other.toml").to_str().unwrap(), "--check-config"]).says(1, said);
    };
    check("[intake.tls]\ncertificate = \"tls/none.pem\"\nkey = \"tls/key.pem\"\n", "none.pem");
    check("[intake.tls]\ncertificate = \"tls/chain.pem\"\nkey = \"tls/chain.pem\"\n", "chain.pem");
    let files = "certificate = \"tls/chain.pem\"\nkey = \"tls/key.pem\"\n";
    check(&format!("[intake.tls]\n{files}client_roots = \"tls/chain.pem\"\n"), "not for writers");
    fs::write(folder.join("key.pem"), KeyPair::generate().unwrap().serialize_pem()).unwrap();
    check(&format!("[intake.tls]\n{files}"), "belong together");
}

/// Thousands of requests that are taken back at once (CVE-2023-44487), and thousands at the same time.
#[test]
fn floods_of_http_2_end_their_own_connection_only() {
    let relays = Authority::new();
    let scene = scene(&relays, &Authority::new());
    let mut http2 = config(&relays, None);
    http2.alpn_protocols = vec![b"h2".to_vec()];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // How a connection ends on which `reset` says what becomes of each request.
    let flood = |reset: bool| {
        let config = http2.clone();
        runtime.block_on(async {
            let stream = tokio::net::TcpStream::connect(scene.intake).await.unwrap();
            let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
            let stream = connector.connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap();
            let (mut send, connection) = h2::client::handshake(stream).await.unwrap();
            let connection = tokio::spawn(connection);
            let mut kept = Vec::new();
            for _ in 0..20_000 {
                let Ok(mut ready) = send.clone().ready().await else { break };
                let request = http::Request::builder().method("POST").uri("https://localhost/tips").body(()).unwrap();
                let Ok((answer, mut body)) = ready.send_request(request, false) else { break };
                if reset {
                    // Else it would be taken back before it has left.
                    tokio::task::yield_now().await;
                    body.send_reset(h2::Reason::CANCEL);
                } else {
                    kept.push((answer, body));
                }
                send = ready;
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
            drop((send, kept));
            tokio::time::timeout(Duration::from_secs(20), connection).await.expect("it goes on").unwrap()
        })
    };
    assert!(flood(true).is_err(), "a flood of resets was borne to its end");
    let _ = flood(false);
    assert!(scene.relay_peak_mib() < 128, "{} MiB", scene.relay_peak_mib());
    let mut tls = connect(scene.intake, config(&relays, None));
    assert!(ask(&mut tls, "/directory").unwrap().starts_with("HTTP/1.1 200"));
}

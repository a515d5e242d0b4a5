import Bytes

/// The configuration of an nginx that ends TLS in front of the SM-DP+ where a listener's certificate is on
/// brainpoolP256r1: BoringSSL, which the server's own TLS stands on, does not have the curve.
struct FrontProxy {
  /// Where nginx listens: `127.0.0.1:8444`.
  let listen: String
  /// The name in the certificate.
  let serverName: String
  /// PEM files with the TLS certificate and its key.
  let certificate: String
  let key: String
  /// The SM-DP+'s plain listener: `127.0.0.1:8080`.
  let upstream: String
  /// What the proxy proves itself with when it hands client certificates on; nil without mutual TLS.
  let secret: Secret?

  /// A whole nginx.conf that runs in the foreground and keeps everything under `directory`.
  func configuration(directory: String) -> String {
    """
    # Written by simurgh smdp-plus front. Start it with: nginx -c \(directory)/nginx.conf
    daemon off;
    pid \(directory)/nginx.pid;
    error_log \(directory)/error.log;
    events { worker_connections 1024; }
    http {
      access_log off;
      client_body_temp_path \(directory)/body;
      proxy_temp_path \(directory)/proxy;
      fastcgi_temp_path \(directory)/fastcgi;
      uwsgi_temp_path \(directory)/uwsgi;
      scgi_temp_path \(directory)/scgi;
      client_max_body_size 256k;
      upstream smdp_plus { server \(upstream); keepalive 32; }
      server {
        listen \(listen) ssl;
        server_name \(serverName);
        ssl_certificate \(certificate);
        ssl_certificate_key \(key);
        # TLS 1.3 has no code point for ECDSA with brainpoolP256r1 under this name (RFC 8734 gives it another), so 1.2.
        ssl_protocols TLSv1.2;
        ssl_ecdh_curve brainpoolP256r1:prime256v1;
        ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA256;\(clients)
        location / {
          proxy_pass http://smdp_plus;
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          proxy_set_header Host $http_host;
          # What clients send under these names is replaced; an empty value removes it.
          proxy_set_header \(FrontDoor.certificateHeader) \(secret == nil ? "\"\"" : "$ssl_client_escaped_cert");
          proxy_set_header \(FrontDoor.secretHeader) "\(secret?.bytes.hex ?? "")";
        }
      }
    }

    """
  }

  /// nginx asks for a certificate and proves that the client has its key; which ones are let in the SM-DP+ decides, which
  /// knows pinned self-signed ones too.
  private var clients: String {
    secret == nil ? "" : "\n    ssl_verify_client optional_no_ca;\n    ssl_verify_depth 4;"
  }
}

# Finds osmocom/pysim, and starts its osmo-smdpp; $missing says what is missing.
pysim=${SIMURGH_PYSIM:-}
python=${SIMURGH_PYTHON:-python3}
vectors=$(realpath -m "${SIMURGH_VECTORS:-$root/../shared/vectors}")
missing=
if [ -z "$pysim" ] || [ ! -e "$pysim/osmo-smdpp.py" ]; then
  missing="name the checkout of osmocom/pysim in SIMURGH_PYSIM"
elif ! PYTHONPATH=$pysim "$python" "$pysim/osmo-smdpp.py" --help >/dev/null 2>&1; then
  missing="$python lacks what osmo-smdpp requires (name one that has it in SIMURGH_PYTHON)"
elif [ ! -d "$vectors/sgp26/DPtls" ]; then
  missing="the SGP.26 certificates are missing (name the folder of vectors in SIMURGH_VECTORS)"
elif ! openssl x509 -inform der -in "$vectors/sgp26/DPtls/CERT_S_SM_DP_VARO_TLS_NIST.der" -noout -checkend 0 >/dev/null; then
  missing="the SGP.26 TLS certificate has expired; issue a fresh one with SK_CI"
fi

# Starts osmo-smdpp as testsmdpplus1.example.com.
#   osmoSMDPP PORT
osmoSMDPP() {
  cp -r "$pysim/smdpp-data" "$work/"
  local tls=$work/smdpp-data/certs/DPtls
  # Its own TLS certificates are out of date.
  cp "$vectors/sgp26/DPtls/CERT_S_SM_DP_VARO_TLS_NIST.der" "$tls/CERT_S_SM_DP_TLS_NIST.der"
  cp "$vectors/sgp26/DPtls/SK_S_SM_DP_TLS_NIST.pem" "$tls/SK_S_SM_DP_TLS_NIST.pem"
  rm -f "$tls/CERT_S_SM_DP_TLS_NIST.pem"
  # RFC 7919's group at once, where the server would look for a prime of its own first.
  openssl genpkey -genparam -algorithm DH -pkeyopt group:ffdhe2048 -out "$work/smdpp-data/certs/dhparam2048.pem" \
    2>/dev/null
  cd "$work"
  serve "$work/osmo-smdpp.log" "$1" env PYTHONPATH="$pysim" "$python" "$pysim/osmo-smdpp.py" --in-memory --port "$1"
  cd "$root"
}

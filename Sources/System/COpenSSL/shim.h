// libcrypto 3, for the curve that swift-crypto lacks. Macros that Swift cannot import are functions here.
#ifndef SIMURGH_COPENSSL_SHIM_H
#define SIMURGH_COPENSSL_SHIM_H

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

/// The selection of EVP_PKEY_fromdata: a public key, or a pair.
static inline int COpenSSL_selection(int isPair) { return isPair ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY; }

#endif

/* <CommonCrypto/CommonCryptoError.h> of macOS: what its functions return. */
#ifndef PBS_COMMON_CRYPTO_ERROR_H
#define PBS_COMMON_CRYPTO_ERROR_H

#include <stdint.h>

enum { kCCSuccess = 0 };
typedef int32_t CCCryptorStatus;

#endif

/* <CommonCrypto/CommonRandom.h> of macOS: random bytes of the system; since macOS 10.10. */
#ifndef PBS_COMMON_RANDOM_H
#define PBS_COMMON_RANDOM_H

#include <CommonCrypto/CommonCryptoError.h>
#include <stddef.h>
#include <sys/cdefs.h>

typedef CCCryptorStatus CCRNGStatus;

__BEGIN_DECLS
CCRNGStatus CCRandomGenerateBytes(void *, size_t);
__END_DECLS

#endif

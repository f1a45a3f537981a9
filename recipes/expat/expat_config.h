/* What expat's configure script would find on the systems we build for. Hash salts come from getrandom(2); a kernel
   without it (RHEL 7's) leads to /dev/urandom. */
#define BYTEORDER 1234
#define HAVE_GETRANDOM 1
#define XML_DEV_URANDOM 1
#define XML_CONTEXT_BYTES 1024
#define XML_DTD 1
#define XML_GE 1
#define XML_NS 1

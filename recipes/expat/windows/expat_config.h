/* What expat's configure script would find on Windows. Hash salts come from rand_s, which asks the system. */
#define BYTEORDER 1234
#define XML_CONTEXT_BYTES 1024
#define XML_DTD 1
#define XML_GE 1
#define XML_NS 1

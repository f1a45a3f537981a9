/* <CoreFoundation/CoreFoundation.h> of macOS, what of it _scproxy uses: all of it is in every macOS that we promise. */
#ifndef PBS_CORE_FOUNDATION_H
#define PBS_CORE_FOUNDATION_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/cdefs.h>

typedef unsigned char Boolean;
typedef long CFIndex;
typedef CFIndex CFNumberType;
typedef uint32_t CFStringEncoding;
typedef const void *CFTypeRef;
typedef const struct __CFArray *CFArrayRef;
typedef const struct __CFDictionary *CFDictionaryRef;
typedef const struct __CFNumber *CFNumberRef;
typedef const struct __CFString *CFStringRef;

enum { kCFNumberSInt32Type = 3 };
enum { kCFStringEncodingUTF8 = 0x08000100 };

__BEGIN_DECLS
void CFRelease(CFTypeRef);
CFIndex CFArrayGetCount(CFArrayRef);
const void *CFArrayGetValueAtIndex(CFArrayRef, CFIndex);
const void *CFDictionaryGetValue(CFDictionaryRef, const void *);
Boolean CFNumberGetValue(CFNumberRef, CFNumberType, void *);
CFIndex CFStringGetLength(CFStringRef);
Boolean CFStringGetCString(CFStringRef, char *, CFIndex, CFStringEncoding);
const char *CFStringGetCStringPtr(CFStringRef, CFStringEncoding);
__END_DECLS

#endif

/* <SystemConfiguration/SystemConfiguration.h> of macOS, what of it _scproxy uses: all of it is in every macOS that we
   promise. */
#ifndef PBS_SYSTEM_CONFIGURATION_H
#define PBS_SYSTEM_CONFIGURATION_H

#include <CoreFoundation/CoreFoundation.h>
#include <sys/cdefs.h>

typedef const struct __SCDynamicStore *SCDynamicStoreRef;

__BEGIN_DECLS
CFDictionaryRef SCDynamicStoreCopyProxies(SCDynamicStoreRef);

extern const CFStringRef kSCPropNetProxiesExceptionsList;
extern const CFStringRef kSCPropNetProxiesExcludeSimpleHostnames;
extern const CFStringRef kSCPropNetProxiesFTPEnable;
extern const CFStringRef kSCPropNetProxiesFTPPort;
extern const CFStringRef kSCPropNetProxiesFTPProxy;
extern const CFStringRef kSCPropNetProxiesGopherEnable;
extern const CFStringRef kSCPropNetProxiesGopherPort;
extern const CFStringRef kSCPropNetProxiesGopherProxy;
extern const CFStringRef kSCPropNetProxiesHTTPEnable;
extern const CFStringRef kSCPropNetProxiesHTTPPort;
extern const CFStringRef kSCPropNetProxiesHTTPProxy;
extern const CFStringRef kSCPropNetProxiesHTTPSEnable;
extern const CFStringRef kSCPropNetProxiesHTTPSPort;
extern const CFStringRef kSCPropNetProxiesHTTPSProxy;
extern const CFStringRef kSCPropNetProxiesSOCKSEnable;
extern const CFStringRef kSCPropNetProxiesSOCKSPort;
extern const CFStringRef kSCPropNetProxiesSOCKSProxy;
__END_DECLS

#endif

/* <net/ethernet.h> of macOS: addresses and protocol numbers (IEEE 802 numbers of IANA). */
#ifndef PBS_NET_ETHERNET_H
#define PBS_NET_ETHERNET_H

#include <sys/cdefs.h>
#include <sys/types.h>

#define ETHER_ADDR_LEN 6

#define ETHERTYPE_PUP 0x0200
#define ETHERTYPE_IP 0x0800
#define ETHERTYPE_ARP 0x0806
#define ETHERTYPE_REVARP 0x8035
#define ETHERTYPE_VLAN 0x8100
#define ETHERTYPE_IPV6 0x86dd
#define ETHERTYPE_PAE 0x888e
#define ETHERTYPE_RSN_PREAUTH 0x88c7
#define ETHERTYPE_LOOPBACK 0x9000

struct ether_addr {
    u_char octet[ETHER_ADDR_LEN];
};

__BEGIN_DECLS
struct ether_addr *ether_aton(const char *);
char *ether_ntoa(const struct ether_addr *);
int ether_ntohost(char *, const struct ether_addr *);
int ether_hostton(const char *, struct ether_addr *);
int ether_line(const char *, struct ether_addr *, char *);
__END_DECLS

#endif

/* A connection to itself, names and errors: what CPython's _socket and select need. */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <stdio.h>
#include <string.h>

#ifdef IPPROTO_ICMP
#error "protocols are an enumeration"
#endif
#define IPPROTO_ICMP IPPROTO_ICMP

int
main(void)
{
    WSADATA data;
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0)
        return 1;
    SOCKET listener = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    struct sockaddr_in address = {.sin_family = AF_INET};
    int length = sizeof address;
    char text[INET_ADDRSTRLEN];
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 1) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0)
        return 2;
    SOCKET client = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    if (connect(client, (struct sockaddr *)&address, sizeof address) != 0)
        return 3;
    SOCKET server = accept(listener, NULL, NULL);
    char buffer[8] = "";
    if (send(client, "hello", 5, 0) != 5 || recv(server, buffer, 5, 0) != 5 || strcmp(buffer, "hello") != 0)
        return 4;
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST}, *found;
    if (getaddrinfo("127.0.0.1", "80", &hints, &found) != 0)
        return 5;
    inet_ntop(AF_INET, &((struct sockaddr_in *)found->ai_addr)->sin_addr, text, sizeof text);
    freeaddrinfo(found);
    printf("%s, %zu, %s\n", text, strlen(gai_strerrorA(EAI_NONAME)) / 1000,
           IN6_IS_ADDR_UNSPECIFIED(&in6addr_any) ? "any" : "none");
    return IPPROTO_ICMP == 1 && SIO_UDP_NETRESET != 0 ? 0 : 6;
}

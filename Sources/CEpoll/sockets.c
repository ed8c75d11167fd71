#define _GNU_SOURCE
#include "CEpoll.h"

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int cepoll_accept(int socket)
{
    return accept4(socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

ssize_t cepoll_send_descriptors(int socket, const void *message, size_t length, const struct sockaddr *address,
                                socklen_t size, const int descriptors[2])
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(2 * sizeof(int))];
    } control = { .header = { .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
    struct iovec part = { .iov_base = (void *)message, .iov_len = length };
    struct msghdr packet = {
        .msg_name = (void *)address,
        .msg_namelen = size,
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof control.bytes,
    };

    control.header.cmsg_len = CMSG_LEN(2 * sizeof(int));
    memcpy(CMSG_DATA(&control.header), descriptors, 2 * sizeof(int));
    return sendmsg(socket, &packet, MSG_NOSIGNAL);
}

int cepoll_peer_credentials(int socket, pid_t *pid, uid_t *uid, gid_t *gid)
{
    struct ucred peer = { 0 };
    socklen_t size = sizeof peer;
    int result = getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size);

    *pid = peer.pid;
    *uid = peer.uid;
    *gid = peer.gid;
    return result;
}

int cepoll_ask_unix_peers(void)
{
    struct {
        struct nlmsghdr header;
        struct unix_diag_req body;
    } request = {
        .header = { .nlmsg_len = sizeof request, .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
        .body = { .sdiag_family = AF_UNIX, .udiag_states = -1, .udiag_show = UDIAG_SHOW_PEER },
    };
    int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

    if (netlink >= 0 && send(netlink, &request, sizeof request, 0) == -1) {
        close(netlink);
        return -1;
    }
    return netlink;
}

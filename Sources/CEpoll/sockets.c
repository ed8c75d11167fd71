#define _GNU_SOURCE
#include "CEpoll.h"

#include <sys/socket.h>

int cepoll_accept(int socket)
{
    return accept4(socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
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

#define _GNU_SOURCE
#include "CEpoll.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

ssize_t cepoll_splice(int in, int out, size_t length)
{
    return splice(in, NULL, out, NULL, length, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
}

int cepoll_pipe2(int ends[2], int flags)
{
    return pipe2(ends, flags);
}

int cepoll_dup3(int from, int to)
{
    return dup3(from, to, O_CLOEXEC);
}

int cepoll_open_nameless(const char *folder, mode_t mode)
{
    return open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
}

int cepoll_open_path(const char *path)
{
    return open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

int cepoll_change_owner(int descriptor, uid_t uid, gid_t gid)
{
    return fchownat(descriptor, "", uid, gid, AT_EMPTY_PATH);
}

int cepoll_memory_file(const char *name)
{
    return memfd_create(name, MFD_CLOEXEC);
}

ssize_t cepoll_copy_file_range(int in, off_t in_offset, int out, off_t out_offset, size_t length)
{
    return copy_file_range(in, &in_offset, out, &out_offset, length, 0);
}

ssize_t cepoll_send_file(int out, int in, off_t in_offset, size_t length)
{
    return sendfile(out, in, &in_offset, length);
}

int cepoll_set_pipe_size(int descriptor, int bytes)
{
    return fcntl(descriptor, F_SETPIPE_SZ, bytes);
}

int cepoll_get_pipe_size(int descriptor)
{
    return fcntl(descriptor, F_GETPIPE_SZ);
}

int cepoll_bytes_to_read(int descriptor, int *bytes)
{
    return ioctl(descriptor, FIONREAD, bytes);
}

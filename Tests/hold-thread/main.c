// Holds one thread of another program still for as long as it is not ended itself: what a file system that does not
// answer would do to it.
//
//     hold-thread TID
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    pid_t thread = argc == 2 ? (pid_t)atoi(argv[1]) : 0;

    if (ptrace(PTRACE_SEIZE, thread, 0, 0) == -1 || ptrace(PTRACE_INTERRUPT, thread, 0, 0) == -1
        || waitpid(thread, NULL, __WALL) == -1) {
        perror("hold-thread");
        return 1;
    }
    puts("held");
    fflush(stdout);
    // A thread that is killed while it is held has to be reaped by its holder.
    int status = 0;
    while (waitpid(thread, &status, __WALL) != -1 && !WIFEXITED(status) && !WIFSIGNALED(status))
        ;
    return 0;
}

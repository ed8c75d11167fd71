// Stops one thread of another program until this program ends, as a file system that does not answer would do.
//
//     hold-thread TID
//
// prints "held" once the thread has stopped.
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
    // The tracer must reap a thread that is killed while it is traced: ptrace(2).
    int status = 0;
    while (waitpid(thread, &status, __WALL) != -1 && !WIFEXITED(status) && !WIFSIGNALED(status))
        ;
    return 0;
}

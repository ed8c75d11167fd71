// Counts the records of a trace.dat as KernelShark and other programs read it: with libtracecmd.
//
//     count-records FILE
//
// Prints a number a line: the records of CPU 0, of CPU 1, and so on, those of trace instances included.
#include <stdio.h>
#include <stdlib.h>
#include <trace-cmd.h>

static void count(struct tracecmd_input *file, unsigned long *counts, int cpus)
{
    for (int cpu = 0; cpu < cpus; cpu++) {
        struct tep_record *record;
        while ((record = tracecmd_read_data(file, cpu))) {
            counts[cpu]++;
            tracecmd_free_record(record);
        }
    }
}

int main(int argc, char **argv)
{
    struct tracecmd_input *file = argc == 2 ? tracecmd_open(argv[1], TRACECMD_FL_LOAD_NO_PLUGINS) : NULL;
    if (!file) {
        fprintf(stderr, "usage: count-records FILE, which has to be a trace.dat\n");
        return 1;
    }
    int cpus = tep_get_cpus(tracecmd_get_tep(file));
    unsigned long *counts = calloc(cpus, sizeof *counts);
    if (!counts)
        return 1;
    count(file, counts, cpus);
    for (int index = 0; index < tracecmd_buffer_instances(file); index++) {
        struct tracecmd_input *instance = tracecmd_buffer_instance_handle(file, index);
        if (!instance)
            return 1;
        count(instance, counts, cpus);
        tracecmd_close(instance);
    }
    for (int cpu = 0; cpu < cpus; cpu++)
        printf("%lu\n", counts[cpu]);
    free(counts);
    tracecmd_close(file);
    return 0;
}

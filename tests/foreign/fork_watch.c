/* Preloaded library that reports a fork() of a process with more than one thread. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

pid_t fork(void) {
  int threads = 0;
  DIR* tasks = opendir("/proc/self/task");
  for (struct dirent* task; tasks && (task = readdir(tasks));) threads += task->d_name[0] != '.';
  if (tasks) closedir(tasks);
  if (threads != 1) dprintf(2, "fork with %d threads\n", threads);
  pid_t (*real)(void) = (pid_t(*)(void))dlsym(RTLD_NEXT, "fork");
  return real();
}

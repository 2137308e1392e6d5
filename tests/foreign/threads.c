/* A correct kernel that starts OpenMP's threads in its entry function. They would not exist after a
 * fork(), and a parallel loop would wait for them forever. */
#include <stdlib.h>

#include "guest.h"

static const char* run(const kg_case* shape, void* prepared) {
  (void)prepared;
  const int64_t rows = guest_rows(shape);
#pragma omp parallel for num_threads(2)
  for (int64_t row = 0; row < rows; ++row) guest_row(shape, row);
  return 0;
}

const kg_plugin* kernelgate_plugin(void) {
  static const kg_variant variants[] = {{"linear", "threads", 0, 0, 0, run, 0}};
  static const kg_plugin plugin = {KERNELGATE_PLUGIN_ABI, 1, variants};
  int threads = 0;
#pragma omp parallel num_threads(2) reduction(+ : threads)
  ++threads;
  if (threads != 2) abort();
  return &plugin;
}

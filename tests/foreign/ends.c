/* Libraries that end their process at load (-DAT_LOAD), in the entry function (-DIN_ENTRY,
 * -DWITH_EXIT), at unload (-DAT_UNLOAD) or in run() (-DIN_RUN=STATEMENT). */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "guest.h"

#ifdef AT_LOAD
__attribute__((constructor)) static void loaded(void) { raise(SIGSEGV); }
#endif
#ifdef AT_UNLOAD
__attribute__((destructor)) static void unloaded(void) { abort(); }
#endif

static const char* run(const kg_case* shape, void* prepared) {
  (void)prepared;
#ifdef IN_RUN
  IN_RUN;
#endif
  for (int64_t row = 0; row < guest_rows(shape); ++row) guest_row(shape, row);
  return 0;
}

const kg_plugin* kernelgate_plugin(void) {
  static const kg_variant variants[] = {{"linear", "ends", 0, 0, 0, run, 0}};
  static const kg_plugin plugin = {KERNELGATE_PLUGIN_ABI, 1, variants};
#ifdef IN_ENTRY
  raise(SIGSEGV);
#endif
#ifdef WITH_EXIT
  exit(0);
#endif
  return &plugin;
}

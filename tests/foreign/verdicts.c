/* One correct kernel, one with wrong results, one that fails, one that does not return and one that
 * is unsupported. */
#include <unistd.h>

#include "guest.h"

static const char* right(const kg_case* shape, void* prepared) {
  (void)prepared;
  for (int64_t row = 0; row < guest_rows(shape); ++row) guest_row(shape, row);
  return 0;
}

static const char* wrong(const kg_case* shape, void* prepared) {
  right(shape, prepared);
  ((float*)guest_tensor(shape, "y")->data)[0] += 1;
  return 0;
}

static const char* failing(const kg_case* shape, void* prepared) {
  (void)shape, (void)prepared;
  return "no memory on the device";
}

static const char* endless(const kg_case* shape, void* prepared) {
  (void)shape, (void)prepared;
  for (;;) pause();
  return 0;
}

static const char* refuse(const kg_case* shape) {
  (void)shape;
  return "takes nothing";
}

const kg_plugin* kernelgate_plugin(void) {
  static const kg_variant variants[] = {{"linear", "right", 0, 0, 0, right, 0},
                                        {"linear", "it's wrong", 0, 0, 0, wrong, 0},
                                        {"linear", "failing", 0, 0, 0, failing, 0},
                                        {"linear", "endless", 0, 0, 0, endless, 0},
                                        {"linear", "refuses", 0, refuse, 0, right, 0}};
  static const kg_plugin plugin = {KERNELGATE_PLUGIN_ABI, 5, variants};
  return &plugin;
}

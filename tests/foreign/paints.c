/* A library whose every text contains terminal control sequences: escapes, a bell, a backspace, a
 * C1 control, a right-to-left override, a line end, a byte that is not UTF-8; and a word of valid
 * UTF-8. */
#include <stdio.h>

#include "guest.h"

#define PAINT "größer \033[31m\033]0;title\a\b\302\233\342\200\256\nall 82 passed\377"

static const char* refuse(const kg_case* shape) {
  (void)shape;
  return "refuses " PAINT;
}

static const char* fail(const kg_case* shape, void* prepared) {
  (void)shape, (void)prepared;
  return "fails " PAINT;
}

static const char* print(const kg_case* shape, void* prepared) {
  (void)prepared;
  printf("prints " PAINT "\n");
  fprintf(stderr, "prints " PAINT "\n");
  for (int64_t row = 0; row < guest_rows(shape); ++row) guest_row(shape, row);
  return 0;
}

const kg_plugin* kernelgate_plugin(void) {
  static const kg_variant variants[] = {
      {"linear", "refuses", "note " PAINT, refuse, 0, print, 0},
      {"linear", "fails", 0, 0, 0, fail, 0},
      {"linear", "prints", 0, 0, 0, print, 0},
#ifdef IN_ITS_NAME
      {"linear", "name " PAINT, 0, 0, 0, print, 0},
#endif
  };
  static const kg_plugin plugin = {KERNELGATE_PLUGIN_ABI, sizeof variants / sizeof variants[0],
                                   variants};
  return &plugin;
}

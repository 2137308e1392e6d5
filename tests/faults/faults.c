/* Kernels whose process fails: one kills its process, one never returns. Each passes the cases
 * before the failing one, so that there are results to lose. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "kernelgate_plugin.h"

static const kg_tensor* tensor(const kg_case* shape, const char* name) {
  for (int64_t i = 0; i < shape->tensor_count; ++i) {
    if (strcmp(shape->tensors[i].name, name) == 0) return &shape->tensors[i];
  }
  return 0;
}

static const char* only_f32(const kg_case* shape) {
  return strcmp(tensor(shape, "x")->type, "f32") == 0 ? 0 : "takes f32 alone";
}

static int64_t multiply(const kg_case* shape) {
  const kg_tensor *x = tensor(shape, "x"), *w = tensor(shape, "w"), *y = tensor(shape, "y");
  const int64_t tokens = x->shape[0], in = x->shape[1], out = w->shape[0];
  const float *xs = x->data, *ws = w->data;
  float* ys = y->data;
  for (int64_t t = 0; t < tokens; ++t) {
    for (int64_t o = 0; o < out; ++o) {
      float sum = 0;
      for (int64_t i = 0; i < in; ++i) sum += ws[o * in + i] * xs[t * in + i];
      ys[t * out + o] = sum;
    }
  }
  return tokens;
}

static const char* run_killed(const kg_case* shape, void* prepared) {
  (void)prepared;
  if (multiply(shape) == 2) kill(getpid(), SIGKILL);
  return 0;
}

static const char* run_hung(const kg_case* shape, void* prepared) {
  (void)prepared;
  if (multiply(shape) == 2) {
    for (;;) pause();
  }
  return 0;
}

const kg_plugin* kernelgate_plugin(void) {
  static const kg_variant variants[] = {
      {"linear", "killed", 0, only_f32, 0, run_killed, 0},
      {"linear", "hung", 0, only_f32, 0, run_hung, 0},
  };
  static const kg_plugin plugin = {KERNELGATE_PLUGIN_ABI, 2, variants};
  return &plugin;
}

/* An external kernel in C: linear in f32 by plain loops, once correct and once without the last
 * term of each sum. docs/plugin.md explains it. */
#include <string.h>

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

static void multiply(const kg_case* shape, int64_t left_out) {
  const kg_tensor *x = tensor(shape, "x"), *w = tensor(shape, "w"), *y = tensor(shape, "y");
  const int64_t tokens = x->shape[0], in = x->shape[1], out = w->shape[0];
  const float *xs = x->data, *ws = w->data;
  float* ys = y->data;
  for (int64_t t = 0; t < tokens; ++t) {
    for (int64_t o = 0; o < out; ++o) {
      float sum = 0;
      for (int64_t i = 0; i < in - left_out; ++i) sum += ws[o * in + i] * xs[t * in + i];
      ys[t * out + o] = sum;
    }
  }
}

static const char* run(const kg_case* shape, void* prepared) {
  (void)prepared;
  multiply(shape, 0);
  return 0;
}

static const char* run_short(const kg_case* shape, void* prepared) {
  (void)prepared;
  multiply(shape, 1);
  return 0;
}

static const char* run_failing(const kg_case* shape, void* prepared) {
  (void)shape, (void)prepared;
  return "no memory on the device";
}

const kg_plugin* kernelgate_plugin(void) {
  static const kg_variant variants[] = {
      {"linear", "loops", "plain loops in C", only_f32, 0, run, 0},
      {"linear", "short", "one term too few", only_f32, 0, run_short, 0},
      {"linear", "failing", 0, 0, 0, run_failing, 0},
  };
  static const kg_plugin plugin = {KERNELGATE_PLUGIN_ABI, 3, variants};
  return &plugin;
}

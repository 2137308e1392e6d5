/* Shared by the plugins of these tests: linear in f32 by plain loops, correct for exact and real
 * inputs. */
#ifndef KERNELGATE_TESTS_FOREIGN_GUEST_H
#define KERNELGATE_TESTS_FOREIGN_GUEST_H

#include <string.h>

#include "kernelgate_plugin.h"

static const kg_tensor* guest_tensor(const kg_case* shape, const char* name) {
  for (int64_t i = 0; i < shape->tensor_count; ++i) {
    if (strcmp(shape->tensors[i].name, name) == 0) return &shape->tensors[i];
  }
  return 0;
}

static void guest_row(const kg_case* shape, int64_t row) {
  const kg_tensor *x = guest_tensor(shape, "x"), *w = guest_tensor(shape, "w");
  const int64_t in = x->shape[1], out = w->shape[0];
  const float *xs = (const float*)x->data + row * in, *ws = w->data;
  float* ys = (float*)guest_tensor(shape, "y")->data + row * out;
  for (int64_t o = 0; o < out; ++o) {
    float sum = 0;
    for (int64_t i = 0; i < in; ++i) sum += ws[o * in + i] * xs[i];
    ys[o] = sum;
  }
}

static int64_t guest_rows(const kg_case* shape) { return guest_tensor(shape, "x")->shape[0]; }

#endif

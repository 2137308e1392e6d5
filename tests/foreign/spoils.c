/* A correct kernel whose library changes all state that it can reach: rounding mode and flushing of
 * subnormals in its own and OpenMP's threads, locale, working directory, umask, signal handlers,
 * OpenMP's settings. It changes the rounding at load and all of it in every function. */
#include <fenv.h>
#include <locale.h>
#include <omp.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include "guest.h"

static void spoil_floats(void) {
  fesetround(FE_UPWARD);
#if defined(__x86_64__)
  _mm_setcsr(_mm_getcsr() | 0x8040); /* FTZ, DAZ */
#endif
}

static void spoil(void) {
  spoil_floats();
  if (chdir("/") != 0) _exit(9);
  umask(0777);
  setlocale(LC_ALL, "C.UTF-8");
  signal(SIGINT, SIG_IGN);
  signal(SIGTERM, SIG_IGN);
  signal(SIGCHLD, SIG_IGN);
}

static void spoil_threads(void) {
  spoil();
#pragma omp parallel
  spoil_floats();
  omp_set_num_threads(1);
  omp_set_dynamic(1);
}

/* The start-up code of -Ofast also changes floating-point state. */
__attribute__((constructor)) static void loaded(void) { spoil_floats(); }

static const char* refusal(const kg_case* shape) {
  spoil_threads();
  return strcmp(guest_tensor(shape, "x")->type, "f32") == 0 ? 0 : "takes f32 alone";
}

static void* prepare(const kg_case* shape) {
  (void)shape;
  spoil_threads();
  return 0;
}

static const char* run(const kg_case* shape, void* prepared) {
  (void)prepared;
  for (int64_t row = 0; row < guest_rows(shape); ++row) guest_row(shape, row);
  spoil_threads();
  return 0;
}

static void release(void* prepared) {
  (void)prepared;
  spoil_threads();
}

const kg_plugin* kernelgate_plugin(void) {
  static const kg_variant variants[] = {
      {"linear", "spoils", "leaves nothing as it was", refusal, prepare, run, release}};
  static const kg_plugin plugin = {KERNELGATE_PLUGIN_ABI, 1, variants};
  spoil_threads();
  return &plugin;
}

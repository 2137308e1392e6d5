#include "harness/core/own_state.hpp"

#include <fcntl.h>
#include <omp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <clocale>
#include <cstdint>
#include <iterator>

#if defined(__x86_64__)
#include <xmmintrin.h>
#else
#include <cfenv>
#endif

namespace kernelgate {

#if defined(__x86_64__)

void use_standard_floats() {
  constexpr std::uint32_t control_bits = 0xffc0, standard_sse = 0x1f80;
  constexpr std::uint16_t standard_x87 = 0x037f;
  // The lower bits of MXCSR are flags that any operation may set.
  if ((_mm_getcsr() & control_bits) != standard_sse) _mm_setcsr(standard_sse);
  std::uint16_t x87 = 0;
  asm volatile("fnstcw %0" : "=m"(x87));
  if (x87 != standard_x87) asm volatile("fldcw %0" : : "m"(standard_x87));
}

#else

void use_standard_floats() { std::fesetenv(FE_DFL_ENV); }

#endif

OwnState::OwnState()
    : threads_(omp_get_max_threads()),
      levels_(omp_get_max_active_levels()),
      dynamic_(omp_get_dynamic()),
      c_locale_(std::setlocale(LC_ALL, nullptr)),
      thread_locale_(uselocale(nullptr)),
      folder_(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC)),
      umask_(::umask(0)) {
  ::umask(umask_);
  omp_sched_t kind = omp_sched_static;
  omp_get_schedule(&kind, &schedule_chunk_);
  schedule_kind_ = static_cast<int>(kind);
  pthread_sigmask(SIG_SETMASK, nullptr, &mask_);
  for (std::size_t i = 0; i < std::size(signals); ++i) {
    ::sigaction(signals[i], nullptr, &handlers_[i]);
  }
}

OwnState::~OwnState() {
  if (folder_ >= 0) ::close(folder_);
}

void OwnState::restore() const {
  use_standard_floats();
  omp_set_dynamic(dynamic_);
  omp_set_max_active_levels(levels_);
  omp_set_schedule(static_cast<omp_sched_t>(schedule_kind_), schedule_chunk_);
  omp_set_num_threads(threads_);
  // Pool threads keep the state that external code set in them, and new ones inherit it.
#pragma omp parallel
  use_standard_floats();

  if (std::locale() != cpp_locale_) std::locale::global(cpp_locale_);
  if (c_locale_ != std::setlocale(LC_ALL, nullptr)) std::setlocale(LC_ALL, c_locale_.c_str());
  uselocale(static_cast<locale_t>(thread_locale_));
  // A folder that no longer exists cannot be entered again; later uses of paths then report the
  // error.
  if (folder_ >= 0 && ::fchdir(folder_) != 0) errno = 0;
  ::umask(umask_);
  pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
  for (std::size_t i = 0; i < std::size(signals); ++i) {
    ::sigaction(signals[i], &handlers_[i], nullptr);
  }
}

}  // namespace kernelgate

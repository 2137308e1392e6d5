#include "harness/run/host_environment.hpp"

#include <fmt/format.h>
#include <omp.h>
#include <pthread.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <climits>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string_view>
#include <vector>

#include "harness/core/error.hpp"
#include "harness/core/processors.hpp"
#include "harness/core/text_parts.hpp"

namespace kernelgate {
namespace {

enum class Form {
  threads,
  thread_list,
  positive,
  from_zero,
  list_from_zero,
  size,
  flag,
  reference_values,
  device_choice
};

struct Variable {
  const char* name;
  Form form;
};

// Kokkos reads its variables in Kokkos_Core.cpp and aborts on values of another form.
constexpr std::array variables{
    Variable{"KOKKOS_NUM_THREADS", Form::threads},
    Variable{"KOKKOS_DEVICE_ID", Form::from_zero},
    Variable{"KOKKOS_VISIBLE_DEVICES", Form::list_from_zero},
    Variable{"KOKKOS_DISABLE_WARNINGS", Form::flag},
    Variable{"KOKKOS_PRINT_CONFIGURATION", Form::flag},
    Variable{"KOKKOS_TUNE_INTERNALS", Form::flag},
    Variable{"KOKKOS_MAP_DEVICE_ID_BY", Form::device_choice},
    Variable{"OMP_NUM_THREADS", Form::thread_list},
    Variable{"OMP_THREAD_LIMIT", Form::positive},
    Variable{"OMP_DYNAMIC", Form::reference_values},
    Variable{"OMP_NESTED", Form::reference_values},
    Variable{"OMP_MAX_ACTIVE_LEVELS", Form::from_zero},
    Variable{"OMP_STACKSIZE", Form::size},
    Variable{"GOMP_STACKSIZE", Form::size},
};

constexpr std::int64_t max_thread_limit = 65536;

bool is_number(std::string_view text, std::int64_t min, std::int64_t max) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && value >= min && value <= max;
}

bool is_list(std::string_view text, std::int64_t min, std::int64_t max) {
  for (;;) {
    const std::size_t comma = text.find(',');
    if (!is_number(trimmed(text.substr(0, comma)), min, max)) return false;
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
  }
}

/// Bytes of an OpenMP size such as "8M", "8192" (KiB without a unit) or "64 k", up to 1 GiB.
std::optional<std::int64_t> stack_size(std::string_view text) {
  text = trimmed(text);
  std::int64_t unit = 1 << 10;
  if (!text.empty()) {
    constexpr std::string_view units = "bkmg";
    const auto at = units.find(static_cast<char>(std::tolower(text.back())));
    if (at != std::string_view::npos) {
      unit = std::int64_t{1} << (10 * at);
      text = trimmed(text.substr(0, text.size() - 1));
    }
  }
  if (!is_number(text, 1, (std::int64_t{1} << 30) / unit)) return std::nullopt;
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number * unit;
}

bool is_one_of(const char* text, std::initializer_list<const char*> words) {
  for (const char* word : words) {
    if (strcasecmp(text, word) == 0) return true;
  }
  return false;
}

/// Describes the expected form if the value does not have it.
std::optional<std::string> expected_of(Form form, const char* value) {
  const auto unless = [](bool holds, std::string expected) {
    return holds ? std::nullopt : std::optional(std::move(expected));
  };
  switch (form) {
    case Form::threads:
      return unless(is_number(value, 1, max_host_threads),
                    fmt::format("a whole number from 1 to {}", max_host_threads));
    case Form::thread_list:
      return unless(is_list(value, 1, max_host_threads),
                    fmt::format("a whole number from 1 to {}, or a list of them such as 4,2",
                                max_host_threads));
    case Form::positive:
      return unless(is_number(value, 1, max_thread_limit),
                    fmt::format("a whole number from 1 to {}", max_thread_limit));
    case Form::from_zero:
      return unless(is_number(value, 0, INT32_MAX), "a whole number from 0 on");
    case Form::list_from_zero:
      return unless(is_list(value, 0, INT32_MAX), "whole numbers from 0 on, such as 0,1");
    case Form::size:
      return unless(stack_size(value).has_value(), "a size up to 1G, such as 8M");
    case Form::flag:
      return unless(is_one_of(value, {"true", "yes", "1", "false", "no", "0"}),
                    "true, yes, 1, false, no or 0");
    case Form::reference_values:
      return unless(is_one_of(value, {"true", "false"}), "true or false");
    case Form::device_choice:
      return unless(is_one_of(value, {"random", "mpi_rank"}), "random or mpi_rank");
  }
  return std::nullopt;
}

/// The number at the start of a variable's value; 0 if it is not set.
int number_in(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) return 0;
  const std::string_view text = trimmed(value);
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// Stack size of each OpenMP thread; 0: the system's default.
std::int64_t stack_bytes_of_openmp() {
  for (const char* name : {"OMP_STACKSIZE", "GOMP_STACKSIZE"}) {
    const char* value = std::getenv(name);
    if (value != nullptr) return stack_size(value).value_or(0);
  }
  return 0;
}

/// Starts threads that wait until the probe ends.
class ThreadProbe {
 public:
  explicit ThreadProbe(std::int64_t stack_bytes) {
    pthread_attr_init(&attributes_);
    if (stack_bytes > 0) {
      const std::int64_t smallest = PTHREAD_STACK_MIN;
      pthread_attr_setstacksize(&attributes_,
                                static_cast<std::size_t>(std::max(stack_bytes, smallest)));
    }
  }
  ~ThreadProbe() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    end_.notify_all();
    for (const pthread_t thread : threads_) pthread_join(thread, nullptr);
    pthread_attr_destroy(&attributes_);
  }
  ThreadProbe(const ThreadProbe&) = delete;
  ThreadProbe& operator=(const ThreadProbe&) = delete;

  /// The error number if the system refuses the thread, otherwise 0.
  int start() {
    pthread_t thread{};
    const int error = pthread_create(&thread, &attributes_, wait_for_end, this);
    if (error == 0) threads_.push_back(thread);
    return error;
  }

 private:
  static void* wait_for_end(void* probe) {
    auto& self = *static_cast<ThreadProbe*>(probe);
    std::unique_lock lock(self.mutex_);
    self.end_.wait(lock, [&] { return self.ended_; });
    return nullptr;
  }

  pthread_attr_t attributes_{};
  std::mutex mutex_;
  std::condition_variable end_;
  bool ended_ = false;
  std::vector<pthread_t> threads_;
};

}  // namespace

std::optional<std::string> environment_fault(
    const std::function<const char*(const char*)>& value_of) {
  for (const Variable& variable : variables) {
    const char* value = value_of(variable.name);
    if (value == nullptr) continue;
    if (const auto expected = expected_of(variable.form, value)) {
      return fmt::format("environment variable {}: expected {}, got '{}'", variable.name, *expected,
                         value);
    }
  }
  return std::nullopt;
}

void check_host_environment() {
  const auto fault = environment_fault([](const char* name) { return std::getenv(name); });
  if (fault) throw BadInput(*fault);
}

int host_threads(int asked) {
  if (asked > 0) return asked;
  if (const int kokkos = number_in("KOKKOS_NUM_THREADS"); kokkos > 0) return kokkos;
  if (std::getenv("OMP_NUM_THREADS") != nullptr) return omp_get_max_threads();
  return static_cast<int>(std::min<std::int64_t>(
      {omp_get_max_threads(), usable_processors(), max_host_threads, omp_get_thread_limit()}));
}

void require_threads(int count) {
  ThreadProbe probe(stack_bytes_of_openmp());
  for (int i = 1; i < count; ++i) {
    if (const int error = probe.start()) {
      throw MissingResource(fmt::format(
          "cannot start {} threads, the system rejected thread {} ({}): expected a higher limit "
          "(ulimit -u, ulimit -v, pids.max of the control group), fewer threads (--threads N) or "
          "smaller stacks (OMP_STACKSIZE)",
          count, i + 1, std::strerror(error)));
    }
  }
}

void require_team(int count) {
  omp_set_dynamic(0);
  omp_set_max_active_levels(std::max(1, omp_get_max_active_levels()));
  int given = 0;
#pragma omp parallel num_threads(count) reduction(+ : given)
  ++given;
  if (given == count) return;
  const char* limit = std::getenv("OMP_THREAD_LIMIT");
  const std::string cause =
      limit != nullptr
          ? fmt::format("environment variable OMP_THREAD_LIMIT={}", limit)
          : std::string("a setting of OpenMP (OMP_THREAD_LIMIT, OMP_DYNAMIC, OMP_NESTED)");
  throw BadInput(fmt::format(
      "{} limits OpenMP to {} of the {} requested threads: expected a limit of at least {}, or "
      "fewer threads (--threads {})",
      cause, given, count, count, given));
}

}  // namespace kernelgate

// The handlers that a unit compiled with -fsanitize=bounds,shift,signed-integer-overflow calls on
// an error: the full handlers, which receive file, line and column. (Layouts: the interface between
// GCC's and clang's UndefinedBehaviorSanitizer and its runtime.) Outside a kernel they do nothing.
#include <fmt/format.h>

#include <cstdint>
#include <cstring>
#include <string>

#include "harness/executors/source/runtime.hpp"

namespace kernelgate {

// The compiler's layouts. They are not in an anonymous namespace, since the handlers have external
// linkage.
namespace undefined_data {

struct Location {
  const char* file;
  std::uint32_t line, column;
};

struct TypeName {
  std::uint16_t kind;  // 0: integer
  std::uint16_t info;  // of an integer: bit 0 is set if signed; above it log2 of its bits
  char name[1];
};

struct Arithmetic {
  Location location;
  const TypeName* type;
};

struct Shift {
  Location location;
  const TypeName* value;
  const TypeName* count;
};

struct Index {
  Location location;
  const TypeName* array;
  const TypeName* index;
};

}  // namespace undefined_data

using namespace undefined_data;

namespace {

// A value of at most 64 bits is passed in the argument itself.
std::string number(const TypeName& type, std::uintptr_t value) {
  const unsigned bits = 1U << (type.info >> 1);
  if (type.kind != 0 || bits > 64) return "?";
  if (!(type.info & 1U)) return std::to_string(value);
  const unsigned unused = 64 - bits;
  return std::to_string(static_cast<std::int64_t>(value << unused) >> unused);
}

void report(const Location& at, const std::string& what) {
  if (!observer.actor || observer.canary) return;
  const char* slash = std::strrchr(at.file, '/');
  running()->undefined(what,
                       fmt::format("{}:{}:{}", slash ? slash + 1 : at.file, at.line, at.column));
}

void overflow(const Arithmetic& data, const char* sign, std::uintptr_t a, std::uintptr_t b) {
  report(data.location, fmt::format("{} {} {} does not fit in {}", number(*data.type, a), sign,
                                    number(*data.type, b), data.type->name));
}

}  // namespace

#define KERNELGATE_OVERFLOW(function, sign)                                   \
  void function(const Arithmetic* data, std::uintptr_t a,                     \
                std::uintptr_t b) asm("__ubsan_handle_" #function);           \
  void function(const Arithmetic* data, std::uintptr_t a, std::uintptr_t b) { \
    overflow(*data, sign, a, b);                                              \
  }

KERNELGATE_OVERFLOW(add_overflow, "+")
KERNELGATE_OVERFLOW(sub_overflow, "-")
KERNELGATE_OVERFLOW(mul_overflow, "*")
KERNELGATE_OVERFLOW(divrem_overflow, "/")

void negate_overflow(const Arithmetic* data,
                     std::uintptr_t value) asm("__ubsan_handle_negate_overflow");
void negate_overflow(const Arithmetic* data, std::uintptr_t value) {
  report(data->location,
         fmt::format("-({}) does not fit in {}", number(*data->type, value), data->type->name));
}

void shift_out_of_bounds(const Shift* data, std::uintptr_t value,
                         std::uintptr_t count) asm("__ubsan_handle_shift_out_of_bounds");
void shift_out_of_bounds(const Shift* data, std::uintptr_t value, std::uintptr_t count) {
  report(data->location, fmt::format("{} of type {} shifted by {}", number(*data->value, value),
                                     data->value->name, number(*data->count, count)));
}

void out_of_bounds(const Index* data, std::uintptr_t index) asm("__ubsan_handle_out_of_bounds");
void out_of_bounds(const Index* data, std::uintptr_t index) {
  report(data->location,
         fmt::format("index {} of {}", number(*data->index, index), data->array->name));
}

}  // namespace kernelgate

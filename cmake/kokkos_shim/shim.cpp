// The three functions that Debian's Kokkos uses from a libc and libstdc++ newer than a stable
// Debian's, for hosts without them. docs/setup.md explains which hosts use this library and why
// three functions suffice; fit_to_host.cpp proves at configure time that Kokkos needs no others.

#include <cctype>
#include <cstddef>
#include <cstdlib>
#include <ios>
#include <string>

extern "C" {

// std::ios_base_library_init() (GLIBCXX_3.4.32): initialises the standard streams.
void kernelgate_ios_base_library_init() __asm__("_ZSt21ios_base_library_initv");

// std::string::_M_replace_cold (GLIBCXX_3.4.31): within the string's own buffer, replaces the
// `removed` characters at `place` by `inserted` ones of `text`, and moves the `tail` characters
// that follow them. `text` may be inside the string. The caller has reserved the space and sets the
// new length afterwards.
void kernelgate_string_replace_cold(std::string* self, char* place, std::size_t removed, const char* text, std::size_t inserted, std::size_t tail) __asm__(
    "_ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE15_M_replace_coldEPcmPKcmm");

// C23's strtol (GLIBC_2.38): in base 2 and base 0 a number may begin with 0b or 0B.
long kernelgate_isoc23_strtol(const char* text, char** end, int base) __asm__("__isoc23_strtol");

}  // extern "C"

void kernelgate_ios_base_library_init() { static const std::ios_base::Init streams; }

void kernelgate_string_replace_cold(std::string* /*self*/, char* place, std::size_t removed,
                                    const char* text, std::size_t inserted, std::size_t tail) {
  const std::string kept(text, inserted);  // moving the tail may overwrite `text`
  std::char_traits<char>::move(place + inserted, place + removed, tail);
  std::char_traits<char>::copy(place, kept.data(), inserted);
}

long kernelgate_isoc23_strtol(const char* text, char** end, int base) {
  const char* at = text;
  while (std::isspace(static_cast<unsigned char>(*at))) ++at;
  const bool negative = *at == '-';
  if (*at == '-' || *at == '+') ++at;
  const bool binary = (base == 0 || base == 2) && at[0] == '0' && (at[1] == 'b' || at[1] == 'B') &&
                      (at[2] == '0' || at[2] == '1');
  if (!binary) return std::strtol(text, end, base);
  at += 2;
  std::string digits = negative ? "-" : "";
  for (; *at == '0' || *at == '1'; ++at) digits += *at;
  if (end != nullptr) *end = const_cast<char*>(at);
  return std::strtol(digits.c_str(), nullptr, 2);
}

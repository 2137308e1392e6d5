// Names of native kernels' instances, such as "linear_rows<bf16,w32,tokens4>". The table of
// instances and the launch that chooses one get a name from the same function, so that they agree.
// Kernel units are compiled by nvcc and a HIP compiler, so this header needs no library.
#pragma once

#include <cstdint>
#include <string_view>

namespace kernelgate {

/// A name of up to 63 characters. A longer one does not compile in a table of instances.
struct InstanceName {
  char text[64] = {};
  int length = 0;

  constexpr operator std::string_view() const {
    return {text, static_cast<std::string_view::size_type>(length)};
  }
  constexpr void append(std::string_view part) {
    for (const char letter : part) text[length++] = letter;
  }
};

/// A parameter that is a number between texts: {"tokens", 4} is "tokens4", {"", 64, "k"} is "64k".
struct InstanceNumber {
  std::string_view before;
  std::int64_t number;
  std::string_view after = {};

  constexpr void append_to(InstanceName& name) const {
    name.append(before);
    std::int64_t unit = 1;
    while (number / unit >= 10) unit *= 10;
    for (; unit > 0; unit /= 10) {
      name.text[name.length++] = static_cast<char>('0' + number / unit % 10);
    }
    name.append(after);
  }
};

/// The wave width as a parameter: "w32".
constexpr InstanceNumber instance_wave(std::int64_t lanes) { return {"w", lanes}; }

/// "kernel<parameter,parameter>". A parameter is a text or an InstanceNumber.
template <class... Parameters>
constexpr InstanceName instance_name(std::string_view kernel, const Parameters&... parameters) {
  InstanceName name;
  name.append(kernel);
  std::string_view before = "<";
  const auto add = [&](const auto& parameter) {
    name.append(before);
    before = ",";
    if constexpr (requires { parameter.append_to(name); }) {
      parameter.append_to(name);
    } else {
      name.append(parameter);
    }
  };
  (add(parameters), ...);
  name.append(">");
  return name;
}

/// "kernel<bf16,w32>", for a kernel whose instances differ in storage type and wave width only.
constexpr InstanceName typed_instance_name(std::string_view kernel, std::string_view type,
                                           std::int64_t wave) {
  return instance_name(kernel, type, instance_wave(wave));
}

}  // namespace kernelgate

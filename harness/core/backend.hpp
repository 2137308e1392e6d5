// The backends that run variants. Their names appear in every option and record.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace kernelgate {

enum class Backend {
  reference,  // the scalar reference
  kokkos,     // portable kernels and vendor baselines on the Kokkos execution space of this build
  source,     // native kernels on the host, every access checked
  ptx,        // native kernels as PTX, interpreted
  machine,    // native kernels as AMD code objects, interpreted
  cuda,       // native kernels on an NVIDIA device
  hip,        // native kernels on an AMD device
};

inline constexpr std::array<std::string_view, 7> backend_names{
    "reference", "kokkos", "source", "ptx", "machine", "cuda", "hip"};

constexpr std::string_view name(Backend backend) {
  return backend_names[static_cast<std::size_t>(backend)];
}

constexpr std::optional<Backend> parse_backend(std::string_view text) {
  for (std::size_t i = 0; i < backend_names.size(); ++i) {
    if (backend_names[i] == text) return static_cast<Backend>(i);
  }
  return std::nullopt;
}

}  // namespace kernelgate

// Roles of variants. A variant's name begins with its role, in the program and in records, and
// this is the only place that takes names apart.
#pragma once

#include <string_view>

namespace kernelgate {

enum class VariantRole {
  reference,  // "reference": the scalar reference itself
  portable,   // "kokkos" and "kokkos/device-shape": one source for hosts and devices
  tuned,      // "kokkos/cpu…" and all other names: code for one kind of processor
  native,     // "native…": the dialect of CUDA and HIP
  baseline,   // "baseline/…": another library
  plugin,     // "plugin/…": from a shared library of the user
  engine,     // "engine/…": outputs that another engine wrote
};

constexpr VariantRole role_of(std::string_view variant) {
  using enum VariantRole;
  if (variant == "reference") return reference;
  if (variant == "kokkos" || variant == "kokkos/device-shape") return portable;
  if (variant == "native" || variant.starts_with("native/")) return native;
  if (variant.starts_with("baseline/")) return baseline;
  if (variant.starts_with("plugin/")) return plugin;
  if (variant.starts_with("engine/")) return engine;
  return tuned;
}

/// Whether a portable variant runs the device's shape on a host, which is judged and not compared.
constexpr bool is_device_shape(std::string_view variant) {
  return role_of(variant) == VariantRole::portable && variant.ends_with("/device-shape");
}

/// Whether a variant multiplies 16-bit numbers as they are stored, on matrix units or in pairs, so
/// that the f32 peak does not bound it. A vendor's library may do so for every 16-bit type. Unknown
/// for plugins, whose times are held to the f32 peak.
constexpr bool multiplies_as_stored(std::string_view variant, std::string_view dtype) {
  const VariantRole role = role_of(variant);
  if (role == VariantRole::baseline) return dtype != "f32";
  return role == VariantRole::tuned && (variant.ends_with("-amx") || variant.ends_with("-bf16"));
}

}  // namespace kernelgate

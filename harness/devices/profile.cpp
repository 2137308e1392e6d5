#include "harness/devices/profile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>
#include <utility>

#include "harness/core/csv_table.hpp"
#include "harness/core/error.hpp"
#include "harness/devices/profiles_csv.hpp"

namespace kernelgate {
namespace {

constexpr std::array<std::string_view, 3> vendor_names{"nvidia", "amd", "artificial"};
constexpr std::array<std::string_view, 6> family_names{"none", "mma_sync_k8", "mma_sync",
                                                       "mfma", "wmma_gfx11",  "wmma_gfx12"};

struct Number {
  std::string_view field;
  std::int64_t DeviceProfile::*member;
};

constexpr std::array numbers{
    Number{"wave", &DeviceProfile::wave},
    Number{"lds_bytes", &DeviceProfile::lds_bytes},
    Number{"lds_default_bytes", &DeviceProfile::lds_default_bytes},
    Number{"lds_per_cu", &DeviceProfile::lds_per_cu},
    Number{"lds_granule", &DeviceProfile::lds_granule},
    Number{"lds_reserved", &DeviceProfile::lds_reserved},
    Number{"max_threads", &DeviceProfile::max_threads},
    Number{"max_regs_per_thread", &DeviceProfile::max_regs_per_thread},
    Number{"regs_per_cu", &DeviceProfile::regs_per_cu},
    Number{"regs_granule", &DeviceProfile::regs_granule},
    Number{"simds_per_cu", &DeviceProfile::simds_per_cu},
    Number{"waves_per_cu", &DeviceProfile::waves_per_cu},
    Number{"blocks_per_cu", &DeviceProfile::blocks_per_cu},
    Number{"one_wave_blocks_per_cu", &DeviceProfile::one_wave_blocks_per_cu},
    Number{"lds_banks", &DeviceProfile::lds_banks},
    Number{"lds_phase_4", &DeviceProfile::lds_phase_4},
    Number{"lds_phase_8", &DeviceProfile::lds_phase_8},
    Number{"lds_phase_16", &DeviceProfile::lds_phase_16},
    Number{"line", &DeviceProfile::line},
    Number{"sector", &DeviceProfile::sector},
};
constexpr std::array<std::string_view, 3> words{"vendor", "arch", "matrix"};

template <class E, std::size_t N>
E word(const ProfileFact& fact, const std::array<std::string_view, N>& known) {
  for (std::size_t i = 0; i < N; ++i) {
    if (known[i] == fact.value) return static_cast<E>(i);
  }
  throw BadInput(fmt::format("profile '{}': {} is '{}', expected one of {}", fact.profile,
                             fact.field, fact.value, fmt::join(known, ", ")));
}

std::int64_t whole_number(const ProfileFact& fact) {
  std::int64_t value = 0;
  const char* end = fact.value.data() + fact.value.size();
  const auto [stop, error] = std::from_chars(fact.value.data(), end, value);
  if (error != std::errc() || stop != end || value < 0) {
    throw BadInput(fmt::format("profile '{}': {} is '{}', expected a whole number", fact.profile,
                               fact.field, fact.value));
  }
  return value;
}

void take(const ProfileFact& fact, DeviceProfile& profile) {
  if (fact.source.empty()) {
    throw BadInput(
        fmt::format("profile '{}': {} = {} has no source", fact.profile, fact.field, fact.value));
  }
  if (fact.field == "vendor") {
    profile.vendor = word<Vendor>(fact, vendor_names);
  } else if (fact.field == "arch") {
    profile.arch = fact.value;
  } else if (fact.field == "matrix") {
    profile.matrix = word<MatrixFamily>(fact, family_names);
  } else {
    const auto number = std::find_if(numbers.begin(), numbers.end(),
                                     [&](const Number& n) { return n.field == fact.field; });
    if (number == numbers.end()) {
      throw BadInput(fmt::format("profile '{}': unknown field '{}'", fact.profile, fact.field));
    }
    profile.*(number->member) = whole_number(fact);
  }
}

void require_all_fields(const std::string& profile, const std::set<std::string>& given) {
  for (const std::string_view field : words) {
    if (given.count(std::string(field)) == 0) {
      throw BadInput(fmt::format("profile '{}': field '{}' is missing", profile, field));
    }
  }
  for (const Number& number : numbers) {
    if (given.count(std::string(number.field)) == 0) {
      throw BadInput(fmt::format("profile '{}': field '{}' is missing", profile, number.field));
    }
  }
}

}  // namespace

std::string_view name(Vendor vendor) { return vendor_names[static_cast<std::size_t>(vendor)]; }

std::string_view name(MatrixFamily family) {
  return family_names[static_cast<std::size_t>(family)];
}

std::vector<ProfileFact> read_profile_facts(std::string_view csv, const std::string& file) {
  std::vector<ProfileFact> facts;
  read_csv(csv, file, {"profile", "field", "value", "source"}, [&](const CsvRow& row) {
    facts.push_back({row[0], row[1], row[2], row[3]});
  });
  return facts;
}

std::vector<DeviceProfile> profiles_from(std::span<const ProfileFact> facts) {
  std::vector<DeviceProfile> profiles;
  std::vector<std::set<std::string>> given;
  for (const ProfileFact& fact : facts) {
    auto at = std::find_if(profiles.begin(), profiles.end(),
                           [&](const DeviceProfile& p) { return p.name == fact.profile; });
    if (at == profiles.end()) {
      at = profiles.insert(profiles.end(), DeviceProfile());
      at->name = fact.profile;
      given.emplace_back();
    }
    if (!given[static_cast<std::size_t>(at - profiles.begin())].insert(fact.field).second) {
      throw BadInput(fmt::format("profile '{}': {} is given twice", fact.profile, fact.field));
    }
    take(fact, *at);
  }
  for (std::size_t i = 0; i < profiles.size(); ++i) require_all_fields(profiles[i].name, given[i]);
  return profiles;
}

std::span<const ProfileFact> profile_facts() {
  static const std::vector<ProfileFact> facts = read_profile_facts(profiles_csv, "profiles.csv");
  return facts;
}

std::span<const DeviceProfile> device_profiles() {
  static const std::vector<DeviceProfile> profiles = profiles_from(profile_facts());
  return profiles;
}

std::size_t device_index(const DeviceProfile& profile) {
  return static_cast<std::size_t>(&profile - device_profiles().data());
}

const DeviceProfile* find_device_profile(std::string_view name) {
  for (const DeviceProfile& profile : device_profiles()) {
    if (profile.name == name) return &profile;
  }
  return nullptr;
}

const DeviceProfile& device_profile(std::string_view name) {
  if (const DeviceProfile* profile = find_device_profile(name)) return *profile;
  std::string known;
  for (const DeviceProfile& profile : device_profiles()) {
    known += (known.empty() ? "" : ", ") + profile.name;
  }
  throw BadInput(fmt::format("unknown device '{}'; there are: {}", name, known));
}

}  // namespace kernelgate

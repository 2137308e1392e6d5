#include "harness/native/tensors.hpp"

#include <stdexcept>

namespace kernelgate {

NativeTensors::NativeTensors(NativeDevice& device, TensorSet& tensors) : device_(device) {
  try {
    for (Tensor& tensor : tensors.all()) {
      places_.push_back({&tensor, device.allocate(tensor.bytes(), tensor.spec().name)});
      if (tensor.spec().role == Role::output) continue;
      device.upload(places_.back().memory, tensor.data(), tensor.bytes());
    }
  } catch (...) {
    release();
    throw;
  }
}

NativeTensors::~NativeTensors() { release(); }

void NativeTensors::release() noexcept {
  for (const Place& place : places_) device_.release(place.memory);
  for (std::byte* memory : scratch_) device_.release(memory);
}

std::byte* NativeTensors::find(std::string_view name) const {
  for (const Place& place : places_) {
    if (place.tensor->spec().name == name) return place.memory;
  }
  return nullptr;
}

std::byte* NativeTensors::operator[](std::string_view name) const {
  if (std::byte* memory = find(name)) return memory;
  std::string names;
  for (const Place& place : places_) names += " " + place.tensor->spec().name;
  throw std::logic_error("no tensor '" + std::string(name) + "' on the device; there are:" + names);
}

std::byte* NativeTensors::scratch(std::int64_t bytes, std::string_view name) {
  scratch_.push_back(device_.allocate(bytes, name));
  return scratch_.back();
}

void NativeTensors::fetch() const {
  for (const Place& place : places_) {
    // A viewed input may be a model's weights in read-only pages of a file.
    if (place.tensor->is_view() && place.tensor->spec().role == Role::input) continue;
    device_.download(place.tensor->data(), place.memory, place.tensor->bytes());
  }
}

}  // namespace kernelgate

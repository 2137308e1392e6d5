# kernelgate_kokkos_config(<folder> <kokkos headers> <profile>): writes five headers that turn an installed
# Kokkos into one for that device. Kokkos generates them when it is configured. Placed before its other
# headers on the include path, they suffice to compile for another backend. The objects cannot be linked,
# because the compiled part of that backend is missing.

set(kokkos_arch_nv-sm80 "AMPERE;AMPERE80")
set(kokkos_arch_nv-sm86 "AMPERE;AMPERE86")
set(kokkos_arch_nv-sm89 "ADA89")
set(kokkos_arch_nv-sm90 "HOPPER;HOPPER90")
set(kokkos_arch_nv-sm100 "BLACKWELL;BLACKWELL100")
set(kokkos_arch_nv-sm120 "BLACKWELL;BLACKWELL120")

function(kernelgate_kokkos_config folder headers profile)
  if(profile MATCHES "^nv-")
    set(backend CUDA)
    set(file_name CUDA)
    set(setup Kokkos_Setup_Cuda)
    set(arch "${kokkos_arch_${profile}}")
  else()
    set(backend HIP)
    set(file_name HIP)
    set(setup Kokkos_Setup_HIP)
    string(REGEX REPLACE "^amd-" "" gfx ${profile})
    string(TOUPPER ${gfx} gfx)
    set(arch "AMD_${gfx}")
  endif()
  file(READ ${headers}/KokkosCore_config.h config)
  string(REGEX REPLACE "#define KOKKOS_ENABLE_(OPENMP|THREADS|LIBDL)\n" "" config "${config}")
  set(added "#define KOKKOS_ENABLE_${backend}\n#define KOKKOS_ENABLE_SERIAL\n")
  foreach(name IN LISTS arch)
    string(APPEND added "#define KOKKOS_ARCH_${name}\n")
  endforeach()
  if(backend STREQUAL HIP)
    string(APPEND added "#define KOKKOS_ARCH_AMD_GPU \"${gfx}\"\n")
  else()
    string(APPEND added "#define KOKKOS_ENABLE_CUDA_LAMBDA\n")
  endif()
  file(CONFIGURE OUTPUT ${folder}/KokkosCore_config.h CONTENT "${config}\n${added}" @ONLY)
  foreach(kind IN ITEMS Fwd Declare)
    string(TOLOWER ${kind} sub)
    string(REPLACE "declare" "decl" sub ${sub})
    # the serial backend comes first, because the device backend's headers use it
    file(CONFIGURE OUTPUT ${folder}/KokkosCore_Config_${kind}Backend.hpp @ONLY CONTENT
      "#pragma once\n#include <${sub}/Kokkos_${kind}_SERIAL.hpp>\n#include <${sub}/Kokkos_${kind}_${file_name}.hpp>\n")
  endforeach()
  file(CONFIGURE OUTPUT ${folder}/KokkosCore_Config_SetupBackend.hpp @ONLY CONTENT
    "#pragma once\n#include <setup/${setup}.hpp>\n")
  file(CONFIGURE OUTPUT ${folder}/desul/atomics/Config.hpp @ONLY CONTENT
    "#pragma once\n#define DESUL_ATOMICS_ENABLE_${backend}\n#define DESUL_IMPL_BUILD_SHARED_LIBS\n")
endfunction()

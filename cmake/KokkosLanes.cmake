# Compiles every Kokkos kernel as CUDA and HIP objects, which proves that the portable code is valid device
# code. Needs neither a device nor a Kokkos built for one. Units are found as kernels/<kernel>/<unit>_kokkos.cpp
# (…_cpu.cpp are for the host only). Target and test are kokkos_<profile>, label ci for three devices, full for
# the others. CUDA objects contain device code only: two thirds of nvcc's time is the host pass of the same unit,
# which is the same for every device. The test kokkos_nv-sm90_with_host, label full, compiles both
# (docs/compile-lanes.md). <build>/device/kokkos_objects.csv lists the device objects for `kernelgate resources`.
set(kokkos_list ${lanes_folder}/kokkos_objects.csv)
if(NOT KERNELGATE_KOKKOS)
  file(REMOVE ${kokkos_list})
  return()
endif()
include(${PROJECT_SOURCE_DIR}/cmake/lanes/kokkos_config.cmake)

get_target_property(kokkos_headers Kokkos::kokkos INTERFACE_INCLUDE_DIRECTORIES)
set(kokkos_missing "")
foreach(folder IN LISTS kokkos_headers)
  if(EXISTS ${folder}/KokkosCore_config.h)
    set(kokkos_include ${folder})
  endif()
endforeach()
if(NOT kokkos_include OR NOT EXISTS ${kokkos_include}/Cuda OR NOT EXISTS ${kokkos_include}/HIP)
  set(kokkos_missing "this Kokkos comes without the headers of its CUDA and HIP backends")
endif()

# Sets `command` to the beginning of a HIP command, which writes the dependencies to <output>.d.
macro(kokkos_hip_command arch output)
  file(GLOB_RECURSE bitcode ${KERNELGATE_ROCM}/*/ocml.bc)
  cmake_path(GET bitcode PARENT_PATH bitcode)
  depfile_target(made ${output})
  set(command ${KERNELGATE_HIP_CLANG} -x hip -std=c++20 -O3 --offload-arch=${arch}
    --cuda-device-only --no-gpu-bundle-output -isystem ${KERNELGATE_ROCM}/usr/include
    --rocm-path=${KERNELGATE_ROCM}/usr --rocm-device-lib-path=${bitcode} ${includes}
    -Xclang -dependency-file -Xclang ${output}.d -Xclang -MT -Xclang ${made})
endmacro()

# Precompiles Kokkos' headers for <profile>, which take more than a third of clang's time for each object.
# nvcc has no precompiled headers.
function(add_kokkos_headers profile)
  lane_arch(${profile})
  set(config ${lanes_folder}/kokkos/config_${profile})
  set(includes -I${config} -I${PROJECT_SOURCE_DIR} -isystem ${kokkos_include})
  set(headers ${config}/common_headers.pch)
  file(CONFIGURE OUTPUT ${config}/common_headers.hpp
    CONTENT "#include <Kokkos_Core.hpp>\n#include \"harness/core/registry.hpp\"\n")
  kokkos_hip_command(${arch} ${headers})
  add_custom_command(OUTPUT ${headers}
    COMMAND ${logged} ${headers}.log ${command} -fsyntax-only
            -Xclang -emit-pch -Xclang -o -Xclang ${headers} ${config}/common_headers.hpp
    DEPENDS ${config}/common_headers.hpp DEPFILE ${headers}.d
    COMMENT "Kokkos' headers for ${profile}" VERBATIM)
endfunction()

# add_kokkos_object(<source> <kernel> <profile> <target>): adds an object to <target>, which is
# kokkos_<profile> or kokkos_<profile>_with_host.
function(add_kokkos_object source kernel profile target)
  cmake_path(GET source STEM unit)
  string(REGEX REPLACE "^kokkos_" "" stem ${target})
  set(object ${lanes_folder}/kokkos/${kernel}/${unit}.${stem}.o)
  set(what -c)
  if(profile MATCHES "^nv-" AND NOT target MATCHES "_with_host$")
    set(what -cubin -Xptxas -v)
  endif()
  lane_arch(${profile})
  set(config ${lanes_folder}/kokkos/config_${profile})
  set(includes -I${config} -I${PROJECT_SOURCE_DIR} -isystem ${kokkos_include})
  set(headers "")
  if(profile MATCHES "^nv-")
    depfile_target(made ${object})
    set(command ${KERNELGATE_NVCC} -x cu -std=c++20 -O3 -arch=${arch} --extended-lambda
      --expt-relaxed-constexpr -ccbin ${CMAKE_CXX_COMPILER} ${includes} -MD -MF ${object}.d
      -MT ${made} ${what} -o ${object} ${source})
  else()
    set(headers ${config}/common_headers.pch)
    kokkos_hip_command(${arch} ${object})
    list(APPEND command -Xclang -include-pch -Xclang ${headers} -c -o ${object} ${source})
  endif()
  add_custom_command(OUTPUT ${object} COMMAND ${logged} ${object}.log ${command}
    DEPENDS ${source} ${headers} DEPFILE ${object}.d COMMENT "${unit} for ${stem}" VERBATIM)
  note_target_object(${target} ${kernel} ${object})
  if(target MATCHES "_with_host$")
    return()
  endif()
  set(compiler clang ${KERNELGATE_HIP_CLANG_VERSION})
  if(profile MATCHES "^nv-")
    set(compiler nvcc ${KERNELGATE_NVCC_VERSION})
  endif()
  list(JOIN compiler "," compiler)
  set_property(GLOBAL APPEND_STRING PROPERTY kernelgate_kokkos_objects
    "${kernel},${profile},${object},${object}.log,${compiler},${source}\n")
endfunction()

# Adds the target and the test that builds it.
function(add_kokkos_lane target profile missing)
  add_object_targets(${target})
  add_lane_test(${target} ${profile} "${missing}")
  if(KERNELGATE_TESTS)
    set_tests_properties(${target} PROPERTIES FIXTURES_SETUP ${target})
  endif()
  if(KERNELGATE_TESTS AND target MATCHES "_with_host$")
    set_tests_properties(${target} PROPERTIES LABELS "full;lanes")
  endif()
endfunction()

file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/kernels/*/*_kokkos.cpp)
foreach(profile IN LISTS lane_profiles_cuda lane_profiles_hip)
  if(profile MATCHES "-w64$")
    continue()  # Kokkos determines the wave width from the architecture
  endif()
  set(missing "${kokkos_missing}")
  if(NOT missing AND profile MATCHES "^nv-")
    set(missing "${KERNELGATE_CUDA_MISSING}")
  elseif(NOT missing)
    set(missing "${KERNELGATE_HIP_MISSING}")
    if(NOT missing)
      set(missing "${KERNELGATE_ROCM_MISSING}")
    endif()
  endif()
  if(NOT missing)
    kernelgate_kokkos_config(${lanes_folder}/kokkos/config_${profile} ${kokkos_include} ${profile})
    if(NOT profile MATCHES "^nv-")
      add_kokkos_headers(${profile})
    endif()
    foreach(source IN LISTS sources)
      cmake_path(GET source PARENT_PATH folder)
      cmake_path(GET folder FILENAME kernel)
      if(KERNELGATE_KERNELS AND NOT kernel IN_LIST KERNELGATE_KERNELS)
        continue()
      endif()
      file(MAKE_DIRECTORY ${lanes_folder}/kokkos/${kernel})
      add_kokkos_object(${source} ${kernel} ${profile} kokkos_${profile})
      if(profile MATCHES "^nv-" AND profile IN_LIST lane_profiles_in_ci)
        add_kokkos_object(${source} ${kernel} ${profile} kokkos_${profile}_with_host)
      endif()
    endforeach()
  endif()
  add_kokkos_lane(kokkos_${profile} ${profile} "${missing}")
  if(profile MATCHES "^nv-" AND profile IN_LIST lane_profiles_in_ci)
    add_kokkos_lane(kokkos_${profile}_with_host ${profile} "${missing}")
  endif()
endforeach()

get_property(objects GLOBAL PROPERTY kernelgate_kokkos_objects)
file(CONFIGURE OUTPUT ${kokkos_list} @ONLY
  CONTENT "kernel,profile,object,log,compiler,version,units\n${objects}")

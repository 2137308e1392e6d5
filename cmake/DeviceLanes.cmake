# Device-compile jobs: every native kernel for every target with an available compiler; no device needed.
# The units <kernel>_cuda.cu and <kernel>_hip.hip are those of cmake/NativeUnits.cmake. Objects are written to
# <build>/device/<kernel>/, and <build>/device/objects.csv lists them for `kernelgate resources`.
# Target lane_<profile> compiles the objects of one device, device_objects all. The test of the same name
# has the label ci for three devices, full for the others. docs/compile-lanes.md explains the flags.

set(lane_profiles_cuda nv-sm80 nv-sm86 nv-sm89 nv-sm90 nv-sm100 nv-sm120)
set(lane_profiles_hip amd-gfx90a amd-gfx942 amd-gfx950 amd-gfx1030 amd-gfx1100 amd-gfx1100-w64
  amd-gfx1151 amd-gfx1201)
set(lane_profiles_in_ci nv-sm90 amd-gfx942 amd-gfx1100)

set(lanes_folder ${PROJECT_BINARY_DIR}/device)
set(logged ${PROJECT_SOURCE_DIR}/cmake/lanes/logged.sh)
set_property(GLOBAL PROPERTY kernelgate_objects "kernel,profile,object,log,compiler,version,units\n")
add_custom_target(device_objects)

# Sets arch to the compiler's name of a profile's target and wave_flags to the flags of AMD targets.
function(lane_arch profile)
  string(REGEX REPLACE "^nv-sm([0-9]+)$" "sm_\\1" arch ${profile})
  string(REGEX REPLACE "^amd-(gfx[0-9a-f]+)(-w64)?$" "\\1" arch ${arch})
  set(wave 32)
  set(flags "")
  if(arch MATCHES "^gfx9")
    set(wave 64)
  elseif(arch MATCHES "^gfx")
    set(flags -mcumode)  # CU mode: a block runs in one compute unit, so barriers need no cache invalidation
    if(profile MATCHES "-w64$")
      set(wave 64)
      list(APPEND flags -mwavefrontsize64)
    endif()
  endif()
  set(arch ${arch} PARENT_SCOPE)
  set(wave_flags ${flags} -DKG_HIP_WAVE=${wave} PARENT_SCOPE)
endfunction()

function(note_object kernel profile object log compiler version source)
  set_property(GLOBAL APPEND_STRING PROPERTY kernelgate_objects
    "${kernel},${profile},${object},${log},${compiler},${version},${source}\n")
endfunction()

# Adds an object to <target> and to <target>_<kernel>, which `kernelgate resources --kernel` builds.
function(note_target_object target kernel object)
  set_property(GLOBAL APPEND PROPERTY kernelgate_${target} ${object})
  set_property(GLOBAL APPEND PROPERTY kernelgate_${target}_kernels ${kernel})
  set_property(GLOBAL APPEND PROPERTY kernelgate_${target}_${kernel} ${object})
endfunction()

function(add_object_targets target)
  get_property(objects GLOBAL PROPERTY kernelgate_${target})
  add_custom_target(${target} DEPENDS ${objects})
  get_property(kernels GLOBAL PROPERTY kernelgate_${target}_kernels)
  list(REMOVE_DUPLICATES kernels)
  foreach(kernel IN LISTS kernels)
    get_property(objects GLOBAL PROPERTY kernelgate_${target}_${kernel})
    add_custom_target(${target}_${kernel} DEPENDS ${objects})
  endforeach()
endfunction()

# Compiles to PTX, then assembles the cubin from that PTX, so that the front end runs once.
function(add_cuda_object source kernel profile)
  cmake_path(GET source STEM unit)
  set(base ${lanes_folder}/${kernel}/${unit}.${profile})
  lane_arch(${profile})
  depfile_target(made ${base}.cubin)
  set(common ${KERNELGATE_NVCC} -arch=${arch} -O3)
  add_custom_command(OUTPUT ${base}.cubin ${base}.ptx
    COMMAND ${logged} ${base}.ptx.log ${common} -std=c++20 -fmad=false -Werror all-warnings
            -ccbin ${CMAKE_CXX_COMPILER} -I${PROJECT_SOURCE_DIR}
            -I${PROJECT_SOURCE_DIR}/kernels/common/dialect/cuda ${root}
            -MD -MF ${base}.d -MT ${made} -ptx -o ${base}.ptx ${source}
    COMMAND ${logged} ${base}.log ${common} -Xptxas -v -cubin -o ${base}.cubin ${base}.ptx
    DEPENDS ${source} DEPFILE ${base}.d COMMENT "${kernel} for ${profile}" VERBATIM)
  note_object(${kernel} ${profile} ${base}.cubin ${base}.log nvcc ${KERNELGATE_NVCC_VERSION} ${source})
  note_target_object(lane_${profile} ${kernel} ${base}.cubin)
endfunction()

function(add_hip_object source kernel profile)
  cmake_path(GET source STEM unit)
  set(base ${lanes_folder}/${kernel}/${unit}.${profile})
  lane_arch(${profile})
  depfile_target(made ${base}.co)
  add_custom_command(OUTPUT ${base}.co
    COMMAND ${logged} ${base}.log ${KERNELGATE_HIP_CLANG} -x hip -std=c++20 -O3 -ffp-contract=off
            --offload-arch=${arch} ${wave_flags} -nogpuinc -nogpulib --cuda-device-only
            --no-gpu-bundle-output -Wall -Wextra -Werror -I${PROJECT_SOURCE_DIR}
            -I${PROJECT_SOURCE_DIR}/kernels/common/dialect/hip ${root}
            # clang rejects -MF for device-only code; its front end has the option under another name
            -Xclang -dependency-file -Xclang ${base}.d -Xclang -MT -Xclang ${made}
            -c -o ${base}.co ${source}
    COMMAND ${PROJECT_SOURCE_DIR}/cmake/lanes/no_undefined.sh ${KERNELGATE_LLVM_BIN}/llvm-nm
            ${base}.co
    DEPENDS ${source} DEPFILE ${base}.d COMMENT "${kernel} for ${profile}" VERBATIM)
  note_object(${kernel} ${profile} ${base}.co ${base}.log clang ${KERNELGATE_HIP_CLANG_VERSION}
    ${source})
  note_target_object(lane_${profile} ${kernel} ${base}.co)
endfunction()

# Adds a test that builds a target, or is skipped with the reason.
function(add_lane_test name profile missing)
  if(NOT KERNELGATE_TESTS)
    return()
  endif()
  if(missing)
    add_test(NAME ${name} COMMAND ${CMAKE_COMMAND} -E echo "skipped: ${missing}")
  else()
    cmake_host_system_information(RESULT cores QUERY NUMBER_OF_LOGICAL_CORES)
    add_test(NAME ${name} COMMAND ${CMAKE_COMMAND} --build ${PROJECT_BINARY_DIR} --target ${name}
      --parallel ${cores})
  endif()
  set(label full)
  if(profile IN_LIST lane_profiles_in_ci)
    set(label ci)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${label};lanes" TIMEOUT 1800
    RESOURCE_LOCK build_folder SKIP_REGULAR_EXPRESSION "^skipped: ")
endfunction()

function(add_lane profile missing)
  add_object_targets(lane_${profile})
  get_property(objects GLOBAL PROPERTY kernelgate_lane_${profile})
  if(objects)
    add_dependencies(device_objects lane_${profile})
  endif()
  add_lane_test(lane_${profile} ${profile} "${missing}")
endfunction()

foreach(language IN ITEMS cuda hip)
  string(TOUPPER ${language} upper)
  get_property(sources GLOBAL PROPERTY kernelgate_${language}_units)
  list(SORT sources)
  if(KERNELGATE_${upper}_MISSING)
    message(STATUS "Compile lane ${language} skipped: ${KERNELGATE_${upper}_MISSING}")
    set(sources "")
  endif()
  foreach(source IN LISTS sources)
    cmake_path(GET source PARENT_PATH folder)
    cmake_path(GET folder FILENAME kernel)
    get_property(root GLOBAL PROPERTY kernelgate_root_of_${source})
    kernel_root_option(root ${root})
    file(MAKE_DIRECTORY ${lanes_folder}/${kernel})
    foreach(profile IN LISTS lane_profiles_${language})
      cmake_language(CALL add_${language}_object ${source} ${kernel} ${profile})
    endforeach()
  endforeach()
  foreach(profile IN LISTS lane_profiles_${language})
    add_lane(${profile} "${KERNELGATE_${upper}_MISSING}")
  endforeach()
endforeach()

get_property(objects GLOBAL PROPERTY kernelgate_objects)
file(CONFIGURE OUTPUT ${lanes_folder}/objects.csv CONTENT "${objects}" @ONLY)
file(CONFIGURE OUTPUT ${lanes_folder}/settings.csv @ONLY CONTENT "key,value
cmake,${CMAKE_COMMAND}
build,${PROJECT_BINARY_DIR}
baselines,${PROJECT_SOURCE_DIR}/results/resources
kokkos,${KERNELGATE_KOKKOS_VERSION}
missing_cuda,\"${KERNELGATE_CUDA_MISSING}\"
missing_hip,\"${KERNELGATE_HIP_MISSING}\"
missing_rocm,\"${KERNELGATE_ROCM_MISSING}\"
")

if(KERNELGATE_TESTS)
  # The compiled code of kernels on matrix tiles must contain the matrix instruction.
  foreach(profile IN LISTS lane_profiles_cuda lane_profiles_hip)
    add_test(NAME matrix_instructions_${profile}
      COMMAND ${CMAKE_COMMAND} -DPROFILE=${profile} -DOBJECTS=${lanes_folder}/objects.csv
              -DOBJDUMP=${KERNELGATE_LLVM_BIN}/llvm-objdump
              -P ${PROJECT_SOURCE_DIR}/cmake/lanes/matrix_instructions.cmake)
    set(label full)
    if(profile IN_LIST lane_profiles_in_ci)
      set(label ci)
    endif()
    set_tests_properties(matrix_instructions_${profile} PROPERTIES LABELS "${label};lanes"
      TIMEOUT 300 SKIP_REGULAR_EXPRESSION "^skipped: ")
    set_tests_properties(lane_${profile} PROPERTIES FIXTURES_SETUP lane_${profile})
    set_tests_properties(matrix_instructions_${profile} PROPERTIES FIXTURES_REQUIRED lane_${profile})
  endforeach()
endif()

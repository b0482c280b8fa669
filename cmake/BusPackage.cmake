# Debian packages of what was built: `cpack -G DEB` in the build folder makes bus (runtime) and bus-sdk (for authors of
# plugins).
set(CPACK_PACKAGE_NAME bus)
set(CPACK_PACKAGE_VENDOR "the bus maintainers")
set(CPACK_PACKAGE_CONTACT "the bus maintainers <maintainers@invalid.example>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "An event bus for one workstation")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL runtime sdk)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME bus)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_SDK_PACKAGE_NAME bus-sdk)
set(CPACK_DEBIAN_SDK_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_SDK_PACKAGE_RECOMMENDS "bus, cmake, g++")
# Both look into lib/bus for what is private to bus.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_BINARY_DIR}/lib/bus)
include(CPack)

/* <mach/mach_vm.h> of macOS, what of it CPython's tests use: the memory of another task. */
#ifndef PBS_MACH_VM_H
#define PBS_MACH_VM_H

#include <mach/mach_types.h>
#include <mach/vm_region.h>
#include <sys/cdefs.h>

__BEGIN_DECLS
kern_return_t mach_vm_region(vm_map_read_t, mach_vm_address_t *, mach_vm_size_t *, vm_region_flavor_t, vm_region_info_t,
                             mach_msg_type_number_t *, mach_port_t *);
kern_return_t mach_vm_read_overwrite(vm_map_read_t, mach_vm_address_t, mach_vm_size_t, mach_vm_address_t,
                                     mach_vm_size_t *);
__END_DECLS

#endif

/**
 * The types of the objects that exist here, as `qom-list-types` tells them.
 */

export interface QomTypeInfo {
  readonly name: string;
  readonly abstract: boolean;
  readonly parent: string | undefined;
}

/** Parents stand before their children. */
const QOM_TYPES: readonly QomTypeInfo[] = [
  { name: "object", abstract: true, parent: undefined },
  { name: "container", abstract: false, parent: "object" },
  { name: "memory-region", abstract: false, parent: "object" },
  { name: "bus", abstract: true, parent: "object" },
  { name: "System", abstract: false, parent: "bus" },
  { name: "machine", abstract: true, parent: "object" },
  { name: "none-machine", abstract: false, parent: "machine" },
  { name: "test-machine", abstract: false, parent: "machine" },
  { name: "pc-machine", abstract: false, parent: "machine" },
  { name: "device", abstract: true, parent: "object" },
  { name: "VGA", abstract: false, parent: "device" },
  { name: "qxl", abstract: false, parent: "device" },
  { name: "cpu", abstract: true, parent: "device" },
  { name: "v86-i386-cpu", abstract: false, parent: "cpu" },
  { name: "i8042", abstract: false, parent: "device" },
  { name: "vmmouse", abstract: false, parent: "device" },
  { name: "isa-serial", abstract: false, parent: "device" },
  { name: "ide-hd", abstract: false, parent: "device" },
  { name: "ide-cd", abstract: false, parent: "device" },
  { name: "floppy", abstract: false, parent: "device" },
  { name: "mc146818rtc", abstract: false, parent: "device" },
  { name: "isa-pit", abstract: false, parent: "device" },
  { name: "qemu-console", abstract: false, parent: "object" },
];

/** The types that are `implementing` or descend from it, all when undefined; abstract ones only if asked for. */
export function qomListTypes(implementing: string | undefined, abstract: boolean): QomTypeInfo[] {
  const matching = new Set<string>();
  for (const { name, parent } of QOM_TYPES) {
    if (
      implementing === undefined ||
      name === implementing ||
      (parent !== undefined && matching.has(parent))
    ) {
      matching.add(name);
    }
  }
  return QOM_TYPES.filter((type) => matching.has(type.name) && (abstract || !type.abstract));
}

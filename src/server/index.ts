/**
 * The embedding API: a service inside another program.
 *
 *     const service = await startService({ machines: [{ machine, qmp: [parseEndpoint("unix:vm.sock")] }] }, log);
 *     ...
 *     await service.stop("host-signal");
 */

export {
  ConfigError,
  defaultLimits,
  type Endpoint,
  type MachineOptions,
  parseDisplay,
  parseEndpoint,
  type ServiceConfig,
  type ServiceLimits,
} from "./config.ts";
export { parseConfigFile } from "./config-file.ts";
export { type PcOptions, parseSerial, pcConfig, type SerialConfig } from "./pc-config.ts";
export { type Service, type ServiceLog, ServiceStartError, startService } from "./service.ts";

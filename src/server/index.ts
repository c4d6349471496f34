/**
 * The embedding API: a service inside another program.
 *
 *     const service = await startService({ machines: [...], workers: 2, limits: defaultLimits(), allowRemote: false }, log);
 *     ...
 *     await service.stop("host-signal");
 */

export {
  ConfigError,
  defaultLimits,
  type Endpoint,
  type MachineOptions,
  parseConfigFile,
  parseDisplay,
  parseEndpoint,
  type ServiceConfig,
  type ServiceLimits,
} from "./config.ts";
export { type Service, type ServiceLog, ServiceStartError, startService } from "./service.ts";

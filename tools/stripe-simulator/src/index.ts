export { joinSimulator } from './join.ts';
export { startSimulator, type Simulator, type SimulatorOptions } from './simulator.ts';
export type { DeliveryFault, FaultPlan, RequestFault } from './deliver/faults.ts';

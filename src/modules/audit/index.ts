export { registerAuditCommand } from './audit.command.ts';
export { AuditModule } from './audit.module.ts';

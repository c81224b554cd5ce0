import { DefaultNamingStrategy, type NamingStrategyInterface } from 'typeorm';

export const columnName = (name: string): string => name.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();

/** `currentPeriodEnd` in TypeScript is `current_period_end` in SQL. */
export class SnakeNamingStrategy extends DefaultNamingStrategy implements NamingStrategyInterface {
  override columnName(propertyName: string, customName: string | undefined): string {
    return customName ?? columnName(propertyName);
  }
}

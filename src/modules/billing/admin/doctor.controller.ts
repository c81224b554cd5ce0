import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { OperatorOnly } from '../../../platform/auth/principal.ts';
import { CheckInvariants } from '../check-invariants.ts';

/** `florin doctor` over HTTP. */
@ApiTags('Billing')
@OperatorOnly()
@Controller('admin/v1/doctor')
export class DoctorController {
  constructor(private readonly checkInvariants: CheckInvariants) {}

  /** Asks every invariant of the whole database: seconds on a large one. 200 whatever it finds; of each violation the first offenders. */
  @Get()
  async check() {
    const violations = await this.checkInvariants.execute();
    return {
      doctor: {
        healthy: violations.length === 0,
        invariants_checked: this.checkInvariants.rules().length,
        violations: violations.map(({ invariant, offenders }) => ({
          invariant: invariant.name,
          holds: invariant.holds,
          offenders,
        })),
      },
    };
  }
}
